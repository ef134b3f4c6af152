using VggTransfer.Keras.Data;
using System.Runtime.InteropServices;
using SkiaSharp;
using VggTransfer.Files;
using VggTransfer.Images;

namespace VggTransfer.Augmentation;

/// <summary>A picture of pictures: a row for each photo, first the photo as prediction sees it, then its variants.</summary>
internal static class ContactSheet
{
    private const int Gap = 6;

    // Between a photo and its variants.
    private const int WideGap = 18;

    private const int CaptionHeight = 18;
    private const int Channels = 3;

    /// <summary>What libjpeg allows.</summary>
    private const int MaxSide = 65_500;

    /// <summary>JPEG's quality: no visible artefacts of its own among those of the photos.</summary>
    private const int Quality = 92;

    /// <summary>The extensions of files that can be written.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg"];

    /// <summary>Draws and writes a sheet.</summary>
    /// <param name="path">The file; its extension is one of <see cref="Extensions"/>.</param>
    /// <param name="columns">The photos, then each of their variants: as many squares of one size in each.</param>
    /// <param name="captions">A line under each row; left out where the system has no font.</param>
    /// <exception cref="ArgumentException">The sheet would be too large.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Write(string path, IReadOnlyList<NDArray> columns, IReadOnlyList<string> captions)
    {
        int size = columns[0].Shape[1], rows = captions.Count;
        using var font = new SKPaint { Color = SKColors.Black, TextSize = CaptionHeight - 5, IsAntialias = true };
        bool writes = font.MeasureText("class") > 0 && font.ContainsGlyphs("class");
        int rowHeight = size + Gap + (writes ? CaptionHeight : 0);
        long width = Gap + (columns.Count * (size + (long)Gap)) + (columns.Count > 1 ? WideGap - Gap : 0), height = Gap + (rows * (long)rowHeight);
        if (width > MaxSide || height > MaxSide)
        {
            throw new ArgumentException($"A sheet of {width} x {height} pixels is too large ({MaxSide} on each side at most); ask for fewer pictures or variants, or smaller ones.", nameof(columns));
        }

        using var sheet = new SKBitmap(new SKImageInfo((int)width, (int)height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(sheet);

        // White would run into bright skies.
        canvas.Clear(SKColors.LightGray);
        for (int row = 0; row < rows; row++)
        {
            int top = Gap + (row * rowHeight);
            for (int column = 0; column < columns.Count; column++)
            {
                using SKBitmap square = Square(columns[column], row, size);
                canvas.DrawBitmap(square, Gap + (column * (size + Gap)) + (column > 0 ? WideGap - Gap : 0), top);
            }

            if (writes)
            {
                canvas.DrawText(captions[row], Gap, top + size + CaptionHeight - 5, font);
            }
        }

        canvas.Flush();
        SKEncodedImageFormat format = Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg;
        using SKData encoded = sheet.Encode(format, Quality);
        AtomicFile.Write(path, stream => encoded.SaveTo(stream));
    }

    private static SKBitmap Square(NDArray images, int row, int size)
    {
        ReadOnlySpan<float> rgb = images.Rows(row, 1).ToSingles();
        var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> pixels = MemoryMarshal.AsBytes(SkiaPixels.Of(bitmap));
        for (int i = 0; i < size * size; i++)
        {
            for (int channel = 0; channel < Channels; channel++)
            {
                pixels[(i * 4) + channel] = (byte)Math.Clamp(rgb[(i * Channels) + channel] + 0.5f, 0, 255);
            }

            pixels[(i * 4) + Channels] = 255;
        }

        return bitmap;
    }
}
