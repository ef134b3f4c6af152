using SkiaSharp;
using VggTransfer.Files;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>A picture of pictures: a row for each photo, first the photo as prediction sees it, then its variants.</summary>
public static class ContactSheet
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

    /// <summary>Chooses some photos, changes them as training does, and writes a sheet of them.</summary>
    /// <param name="path">The file; its extension is one of <see cref="Extensions"/>.</param>
    /// <param name="images">The photos to choose from, with a caption each as their label; where that is empty, the file's name is the caption.</param>
    /// <param name="options">Which photos, and how they are changed.</param>
    /// <param name="progress">Told how many photos of how many are decoded.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The photos on the sheet, and those that can't be read.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, the extension is another, or the sheet would be too large.</exception>
    /// <exception cref="IOException">
    /// The sheet can't be written, or none of the photos chosen can be read; with <see cref="ContactSheetOptions.Strict"/>, not all of them.
    /// </exception>
    public static (IReadOnlyList<LabeledImage> Photos, IReadOnlyList<SkippedImage> Skipped) Write(
        string path, IReadOnlyList<LabeledImage> images, ContactSheetOptions options, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(images);
        OptionRange.Check(options);
        if (!Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"'{path}' must end in {string.Join(", ", Extensions)}.", nameof(path));
        }

        int size = options.InputSize, seed = options.Seed;
        int[] order = new SampleRandom((ulong)seed).Permutation(images.Count);
        LabeledImage[] chosen = [.. order.Take(options.Photos).Order().Select(i => images[i])];
        string[] classes = [.. chosen.Select(image => image.Label).Distinct().Order(StringComparer.Ordinal)];
        (PhotoImages photos, IReadOnlyList<SkippedImage> skipped) = PhotoImages.Load(
            chosen, classes, size, options.Orientation, long.MaxValue, done => progress?.Report((done, chosen.Length)), cancellationToken);
        if (options.Strict && skipped.Count > 0)
        {
            throw new IOException(skipped[0].Reason);
        }

        if (photos.Count == 0)
        {
            throw new IOException(skipped.Count == 0
                ? "There are no photos for a contact sheet."
                : $"None of the {chosen.Length} photos chosen for the contact sheet can be read; the first: {skipped[0].Reason}");
        }

        // All photos are one batch, so that each pass is one variant of all.
        Dataset changed = photos.Augmented(options.Augmentation, size, photos.Count, seed).MixUpOrCutMix(options.MixUp, options.CutMix, seed);
        Draw(
            path,
            [photos.Plain(size, photos.Count).Read(0, 0, cancellationToken).Single().X, .. Enumerable.Range(0, options.Variants).Select(pass => changed.Read(pass, 0, cancellationToken).Single().X)],
            [.. photos.Images.Select(image => image.Label.Length > 0 ? image.Label : Path.GetFileName(image.Path))]);
        return (photos.Images, skipped);
    }

    /// <param name="path">The file.</param>
    /// <param name="columns">The photos, then each of their variants: as many squares of one size in each.</param>
    /// <param name="captions">A line under each row; left out where the system has no font.</param>
    private static void Draw(string path, IReadOnlyList<NDArray> columns, IReadOnlyList<string> captions)
    {
        int size = columns[0].Shape[1], rows = captions.Count;
        using var font = new SKPaint { Color = SKColors.Black, TextSize = CaptionHeight - 5, IsAntialias = true };
        bool writes = font.MeasureText("class") > 0 && font.ContainsGlyphs("class");
        int rowHeight = size + Gap + (writes ? CaptionHeight : 0);
        long width = Gap + (columns.Count * (size + (long)Gap)) + (columns.Count > 1 ? WideGap - Gap : 0), height = Gap + (rows * (long)rowHeight);
        if (width > MaxSide || height > MaxSide)
        {
            throw new ArgumentException($"A sheet of {width} x {height} pixels is too large ({MaxSide} on each side at most); ask for fewer pictures or variants, or smaller ones.", nameof(path));
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
                using SKImage square = Square(columns[column], row, size);
                canvas.DrawImage(square, Gap + (column * (size + Gap)) + (column > 0 ? WideGap - Gap : 0), top);
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

    private static SKImage Square(NDArray images, int row, int size)
    {
        ReadOnlySpan<float> rgb = images.Rows(row, 1).ToSingles();
        byte[] pixels = new byte[size * size * 4];
        for (int i = 0; i < size * size; i++)
        {
            for (int channel = 0; channel < Channels; channel++)
            {
                pixels[(i * 4) + channel] = (byte)Math.Clamp(rgb[(i * Channels) + channel] + 0.5f, 0, 255);
            }

            pixels[(i * 4) + Channels] = 255;
        }

        return SKImage.FromPixelCopy(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque), pixels);
    }
}
