using SkiaSharp;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.DataQuality;

/// <summary>Pictures as unlike each other as photos are: discs of random colours, places and sizes.</summary>
internal static class DrawnScenes
{
    public static SKBitmap Draw(int seed, int width = 96, int height = 96)
    {
        var random = new Random(seed);
        var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(Colour());
        for (int i = 0; i < 25; i++)
        {
            using var paint = new SKPaint { Color = Colour(), IsAntialias = true };
            canvas.DrawCircle(random.Next(width), random.Next(height), random.Next(4, width / 4), paint);
        }

        canvas.Flush();
        return bitmap;

        SKColor Colour() => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));
    }

    public static SKBitmap Mirror(SKBitmap bitmap)
    {
        var mirrored = new SKBitmap(bitmap.Width, bitmap.Height);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                mirrored.SetPixel(bitmap.Width - 1 - x, y, bitmap.GetPixel(x, y));
            }
        }

        return mirrored;
    }

    /// <summary>Writes a picture and returns its path.</summary>
    public static string Write(string path, SKBitmap bitmap, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int quality = 90)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, SampleImages.Encode(bitmap, format, quality));
        return path;
    }
}
