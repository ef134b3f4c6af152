using SkiaSharp;

namespace VggTransfer.Benchmarks.Material;

/// <summary>
/// Draws JPEGs that cost a decoder what photos cost: structure of every size, from whole picture to single pixel, edges and
/// grain. Four of five are as large as the usual photo of ImageNet, the fifth as a small camera's.
/// </summary>
internal static class DrawnPhotos
{
    private const int Quality = 90;

    /// <summary>Draws files into a folder and returns their paths. The same bytes every time.</summary>
    public static IReadOnlyList<string> Draw(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        string[] paths = [.. Enumerable.Range(0, count).Select(i => Path.Combine(folder, $"{i:000}.jpg"))];
        Parallel.For(0, count, i =>
        {
            (int width, int height) = i % 5 == 4 ? (1600, 1200) : (500, 375);
            File.WriteAllBytes(paths[i], Draw(new Random(i), width, height));
        });
        return paths;
    }

    /// <summary>One encoded picture.</summary>
    public static byte[] Draw(Random random, int width, int height)
    {
        using var picture = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(picture);
        canvas.Clear(SKColors.Gray);

        // Octaves of noise, each as faint as it is fine, have the spectrum of natural pictures: amplitude falls as 1/frequency.
        for (int cells = 2; cells < width; cells *= 2)
        {
            Blend(canvas, random, cells, (cells * height / width) + 1, width, height, (byte)Math.Max(40, 255 * 2 / (cells + 1)));
        }

        using var paint = new SKPaint { IsAntialias = true };
        for (int i = 0; i < 12; i++)
        {
            paint.Color = SKColor.FromHsv(random.Next(360), random.Next(80), random.Next(100)).WithAlpha((byte)random.Next(60, 200));
            canvas.DrawOval(random.Next(width), random.Next(height), random.Next(width / 20, width / 4), random.Next(height / 20, height / 4), paint);
        }

        Blend(canvas, random, width, height, width, height, alpha: 40);
        using SKData data = picture.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();
    }

    private static unsafe void Blend(SKCanvas canvas, Random random, int columns, int rows, int width, int height, byte alpha)
    {
        using var noise = new SKBitmap(columns, rows, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var pixels = new Span<byte>((void*)noise.GetPixels(), noise.ByteCount);
        random.NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4)
        {
            pixels[i] = byte.MaxValue;
        }

        using var paint = new SKPaint { FilterQuality = SKFilterQuality.Medium, Color = SKColors.White.WithAlpha(alpha) };
        canvas.DrawBitmap(noise, new SKRect(0, 0, width, height), paint);
    }
}
