using SkiaSharp;

namespace VggTransfer.Tests.Cli;

/// <summary>Small pictures of three classes that any features tell apart.</summary>
internal static class DrawnPhotos
{
    public const int Size = 64;

    /// <summary>The classes, in ordinal order.</summary>
    public static readonly string[] Classes = ["[red]", "circles", "stripes"];

    /// <summary>A folder of all classes.</summary>
    public static string DrawFolder(string path, int perClass = 8, int seed = 1)
    {
        foreach (string label in Classes)
        {
            DrawClass(path, label, perClass, seed);
        }

        return path;
    }

    public static void DrawClass(string path, string label, int count, int seed = 1)
    {
        string folder = Directory.CreateDirectory(Path.Combine(path, label)).FullName;
        for (int i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{i:00}.png"), Draw(label, (seed * 1000) + i));
        }
    }

    /// <summary>One encoded picture.</summary>
    public static byte[] Draw(string label, int seed, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(Size, Size);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = new SKColor(40, 60, (byte)random.Next(120, 255)), StrokeWidth = 5 };
        canvas.Clear(new SKColor(230, (byte)random.Next(180, 255), 220));
        int x = random.Next(20, 44);
        int y = random.Next(20, 44);
        if (label == Classes[0])
        {
            canvas.Clear(new SKColor((byte)random.Next(190, 255), 20, 20));
        }
        else if (label == Classes[1])
        {
            canvas.DrawCircle(x, y, 16, paint);
        }
        else
        {
            for (int offset = x % 12; offset < Size; offset += 12)
            {
                canvas.DrawLine(offset, 0, offset, Size, paint);
            }
        }

        using SKData data = bitmap.Encode(format, 90);
        return data.ToArray();
    }
}
