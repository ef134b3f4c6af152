using SkiaSharp;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.Fixtures;

/// <summary>Draws small images of classes that are easy to tell apart: each has a colour of its own, under noise.</summary>
internal static class DrawnFolder
{
    private static readonly SKColor[] s_colours = [SKColors.Crimson, SKColors.ForestGreen, SKColors.RoyalBlue, SKColors.Gold];

    /// <summary>Adds a class: <paramref name="count"/> images of <paramref name="side"/> pixels, the same for the same name and colour.</summary>
    /// <returns>The images' paths.</returns>
    public static string[] AddClass(this TemporaryFolder folder, string name, int count, int colour, int side = 40)
    {
        string path = folder.File(name);
        Directory.CreateDirectory(path);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            string file = Path.Combine(path, $"{i:000}.png");
            File.WriteAllBytes(file, Encode(side, s_colours[colour], seed: (colour * 1000) + i));
            return file;
        })];
    }

    private static byte[] Encode(int side, SKColor colour, int seed)
    {
        using SKBitmap bitmap = SampleImages.Draw(side, side, seed: seed);
        bitmap.Pixels = [.. bitmap.Pixels.Select(pixel => new SKColor(Mix(pixel.Red, colour.Red), Mix(pixel.Green, colour.Green), Mix(pixel.Blue, colour.Blue)))];
        return SampleImages.Encode(bitmap, SKEncodedImageFormat.Png);
    }

    private static byte Mix(byte noise, byte colour) => (byte)((noise + (2 * colour)) / 3);
}
