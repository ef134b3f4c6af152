using System.Globalization;
using SkiaSharp;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Benchmarks.Peers;
using VggTransfer.Images;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>From JPEG files to the square of pixels that a network takes, without a network.</summary>
internal sealed class DecodingComparison : IComparison
{
    private const string Ours = "ours", OneThread = "ours-1", MlNet = "mlnet", Skia = "skia", Pillow = "pillow";

    public string Name => "decoding";

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> paths = context.Photos.Paths;
        int size = context.InputSize;
        var mlNet = new MlNetPixels(size);
        using PythonPeer? pillow = DebianPython.Has("PIL", "numpy") ? new PythonPeer(PythonFiles.Images, "--size", size.ToString(CultureInfo.InvariantCulture)) : null;
        if (pillow is null)
        {
            context.Note($"Pillow isn't measured: {DebianPython.Program} or its modules PIL and numpy aren't here.");
        }

        Rounds rounds = Rounds.Measure(
        [
            Rate(Ours, photos => Parallel.ForEach(photos, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, path => Prepare(path, size, context.Decoding))),
            Rate(MlNet, photos => mlNet.Run(photos)),
            Rate(OneThread, photos => EachOf(photos, path => Prepare(path, size, context.Decoding))),
            Rate(Skia, photos => EachOf(photos, path => PrepareBySkia(path, size))),
            .. pillow is null ? Array.Empty<Contender>() : [Rate(Pillow, photos => pillow.Ask(new { photos }))],
        ], context.Effort.Rounds, cancellationToken);
        return
        [
            .. rounds.Compare("decode_vs_mlnet", "JPEG to pixels, all processors / ML.NET", Ours, MlNet, Unit.ImagesPerSecond),
            .. rounds.Compare("decode_one_thread_vs_mlnet", "JPEG to pixels, one thread / ML.NET", OneThread, MlNet, Unit.ImagesPerSecond),
            .. rounds.Compare("decode_one_thread_vs_skiasharp", "JPEG to pixels, one thread / SkiaSharp", OneThread, Skia, Unit.ImagesPerSecond),
            .. rounds.Compare("decode_one_thread_vs_pillow", "JPEG to pixels, one thread / Pillow", OneThread, Pillow, Unit.ImagesPerSecond),
        ];

        Contender Rate(string way, Action<IReadOnlyList<string>> prepare) =>
            Contender.OfRate(way, paths.Count, context.Effort.RunTime, count => prepare([.. Enumerable.Range(0, count).Select(i => paths[i % paths.Count])]));
    }

    private static void EachOf(IReadOnlyList<string> paths, Action<string> prepare)
    {
        foreach (string path in paths)
        {
            prepare(path);
        }
    }

    private static void Prepare(string path, int size, ImageDecodeOptions decoding) =>
        ImagePreparation.Prepare(path, ResizeRecipe.MlNetCrop, size, new byte[size * size * 3], decoding);

    // What one writes with SkiaSharp alone: decode, scale the shorter side with its best filter, cut out the square.
    private static void PrepareBySkia(string path, int size)
    {
        using SKBitmap photo = SKBitmap.Decode(path);
        float scale = (float)size / Math.Min(photo.Width, photo.Height);
        var scaled = new SKImageInfo((int)MathF.Round(photo.Width * scale), (int)MathF.Round(photo.Height * scale), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKBitmap small = photo.Resize(scaled, SKFilterQuality.High);
        using var square = new SKBitmap();
        if (!small.ExtractSubset(square, SKRectI.Create((small.Width - size) / 2, (small.Height - size) / 2, size, size)))
        {
            throw new InvalidOperationException($"SkiaSharp can't cut a square of {size} pixels out of '{path}'.");
        }

        ReadOnlySpan<byte> pixels = square.GetPixelSpan();
        byte[] rgb = new byte[size * size * 3];
        for (int y = 0, to = 0; y < size; y++)
        {
            ReadOnlySpan<byte> row = pixels.Slice(y * square.RowBytes, size * 4);
            for (int x = 0; x < size * 4; x += 4, to += 3)
            {
                rgb[to] = row[x];
                rgb[to + 1] = row[x + 1];
                rgb[to + 2] = row[x + 2];
            }
        }
    }
}
