using SkiaSharp;

namespace QuickStart;

/// <summary>Draws a folder of pictures to learn from: five shapes in any colour, size and position, on noisy backgrounds.</summary>
internal static class DrawnShapes
{
    private const int Side = 96;

    private static readonly (string Name, Func<SKPath> Path)[] s_shapes =
    [
        ("circle", Circle),
        ("cross", Cross),
        ("square", () => Polygon(4, inner: null)),
        ("star", () => Polygon(5, inner: 0.4f)),
        ("triangle", () => Polygon(3, inner: null)),
    ];

    /// <summary>Draws the folder, unless it is there already, and returns its path. The same pictures every time.</summary>
    public static string Draw(string folder, int imagesPerClass)
    {
        var random = new Random(1);
        foreach ((string name, Func<SKPath> path) in s_shapes)
        {
            string classFolder = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            for (int i = 1; i <= imagesPerClass; i++)
            {
                using SKPath shape = path();
                using SKBitmap picture = DrawOne(shape, random);
                using SKData png = picture.Encode(SKEncodedImageFormat.Png, 100);
                File.WriteAllBytes(Path.Combine(classFolder, $"{i:000}.png"), png.ToArray());
            }
        }

        return folder;
    }

    private static SKBitmap DrawOne(SKPath shape, Random random)
    {
        var bitmap = new SKBitmap(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColor.FromHsv(random.Next(360), random.Next(40), random.Next(20, 60)));
        using var paint = new SKPaint { IsAntialias = true };
        for (int spot = 0; spot < 60; spot++)
        {
            paint.Color = SKColor.FromHsv(random.Next(360), random.Next(40), random.Next(10, 70)).WithAlpha(140);
            canvas.DrawCircle(random.Next(Side), random.Next(Side), random.Next(2, 9), paint);
        }

        canvas.Translate(random.Next(36, Side - 36), random.Next(36, Side - 36));
        canvas.RotateDegrees(random.Next(360));
        canvas.Scale(random.Next(20, 34));
        paint.Color = SKColor.FromHsv(random.Next(360), random.Next(50, 100), random.Next(70, 100));
        canvas.DrawPath(shape, paint);
        return bitmap;
    }

    private static SKPath Circle()
    {
        var path = new SKPath();
        path.AddCircle(0, 0, 1);
        return path;
    }

    private static SKPath Cross()
    {
        var path = new SKPath();
        path.AddRect(new SKRect(-1, -0.3f, 1, 0.3f));
        path.AddRect(new SKRect(-0.3f, -1, 0.3f, 1));
        return path;
    }

    /// <summary>A regular polygon, or a star if every second corner lies further in.</summary>
    private static SKPath Polygon(int corners, float? inner)
    {
        int points = inner is null ? corners : 2 * corners;
        var path = new SKPath();
        path.AddPoly([.. Enumerable.Range(0, points).Select(i =>
        {
            float radius = inner is float r && i % 2 == 1 ? r : 1;
            double angle = 2 * Math.PI * i / points;
            return new SKPoint(radius * (float)Math.Sin(angle), -radius * (float)Math.Cos(angle));
        })], close: true);
        return path;
    }
}
