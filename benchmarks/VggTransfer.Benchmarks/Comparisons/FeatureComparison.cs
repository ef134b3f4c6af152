using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using VggTransfer.Backbones;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Benchmarks.Peers;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>Images a second to features, of one network: from JPEG files, and from pixels that are ready.</summary>
internal sealed class FeatureComparison : IComparison
{
    private const string Float = "fp32", Integer = "int8", MlNet = "mlnet", OnnxRuntime = "onnxruntime", OnnxRuntimeInteger = "onnxruntime_int8", PyTorch = "pytorch";

    // The engine's default; files are measured at this one alone.
    private const int FileBatch = 8;

    // Below this, two ways don't compute the same thing, and their times mustn't be compared.
    private const double LeastCosine = 0.98;

    private readonly Func<ComparisonContext, CancellationToken, BenchmarkNetwork> _network;
    private readonly string _suffix;
    private readonly bool _isWholeInQuick;

    private FeatureComparison(string name, string suffix, bool isWholeInQuick, Func<ComparisonContext, CancellationToken, BenchmarkNetwork> network)
    {
        Name = name;
        _suffix = suffix;
        _isWholeInQuick = isWholeInQuick;
        _network = network;
    }

    /// <summary>Of VGG16 at its true size, up to fc7.</summary>
    public static FeatureComparison FullSize { get; } = new("features", "", true, (context, cancellationToken) => context.FullSize(cancellationToken));

    /// <summary>Of the backbone that comes with the library, up to the average of block 5; in a hurry from files alone.</summary>
    public static FeatureComparison Embedded { get; } = new("embedded-features", "_block5", false, (context, cancellationToken) => context.Embedded(cancellationToken));

    public string Name { get; }

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken)
    {
        BenchmarkNetwork measured = _network(context, cancellationToken);
        int size = measured.InputSize;
        string graph = Export(OnnxPrecision.Float32);
        using var mlNet = new MlNetFeatures(graph, size);
        using var plain = new PlainOnnxRuntime(graph, size);
        using var plainInteger = new PlainOnnxRuntime(Export(OnnxPrecision.Int8), size);
        using PythonPeer? pyTorch = DebianPython.Has("torch", "PIL", "numpy") ? new PythonPeer(PythonFiles.Images, "--weights", measured.Path, "--layer", measured.Name, "--size", size.ToString(CultureInfo.InvariantCulture)) : null;
        if (pyTorch is null)
        {
            context.Note($"PyTorch isn't measured: {DebianPython.Program} or its modules torch, PIL and numpy aren't here.");
        }

        foreach (int batch in context.Effort.BatchSizes)
        {
            context.Note($"features of {measured.Layer} in batches of {batch}");
            using FeatureExtractor single = Open(OnnxPrecision.Float32, batch), integer = Open(OnnxPrecision.Int8, batch);
            IEnumerable<Figure> fromFiles = batch == FileBatch ? FromFiles(single, integer) : [];
            IEnumerable<Figure> fromPixels = _isWholeInQuick || !context.Effort.IsQuick ? FromPixels(batch, single, integer) : [];
            foreach (Figure figure in fromFiles.Concat(fromPixels))
            {
                yield return figure;
            }
        }

        IEnumerable<Figure> FromPixels(int batch, FeatureExtractor single, FeatureExtractor integer)
        {
            byte[] pixels = new byte[batch * size * size * 3];
            new Random(1).NextBytes(pixels);
            byte[][] images = [.. pixels.Chunk(size * size * 3)];
            ImageInput[] inputs = [.. images.Select((image, i) => ImageInput.FromPixels(new RgbImage(size, size, image), $"image {i}"))];

            Rounds rounds = Rounds.Measure(
            [
                Rate(Integer, count => Vectors(integer.ExtractAll(Repeat(inputs, count), cancellationToken))),
                Rate(Float, count => Vectors(single.ExtractAll(Repeat(inputs, count), cancellationToken))),
                Rate(OnnxRuntime, count => plain.Run(pixels, batch, count)),
                Rate(OnnxRuntimeInteger, count => plainInteger.Run(pixels, batch, count)),
                Rate(MlNet, count => mlNet.Run(Repeat(images, count))),
                .. pyTorch is null ? Array.Empty<Contender>() : [Rate(PyTorch, count => pyTorch.Ask(new { count, batch }))],
            ], context.Effort.Rounds, cancellationToken);
            return Compare(rounds, "network", $"ready pixels, batch {batch}", $"_{measured.Name}_batch{batch}");

            Contender Rate(string way, Action<int> process) => Contender.OfRate(way, batch, context.Effort.RunTime, process);
        }

        IEnumerable<Figure> FromFiles(FeatureExtractor single, FeatureExtractor integer)
        {
            IReadOnlyList<string> paths = [.. context.Photos.Paths.Take(context.Effort.TimedPhotos)];
            context.Note($"features of {measured.Layer} from {paths.Count} JPEG files");
            byte[] pixels = new byte[FileBatch * size * size * 3];
            new Random(1).NextBytes(pixels);
            float[][] exact = Extract(single, paths);
            RequireAlike("ML.NET", exact, mlNet.Extract(paths));
            RequireAlike("int8", exact, Extract(integer, paths));

            // A pass over all photos in PyTorch takes longer than all others together.
            bool withPyTorch = pyTorch is not null && !context.Effort.IsQuick;
            if (withPyTorch)
            {
                RequireAlike("PyTorch", exact[..1], [pyTorch!.Ask(new { photos = paths.Take(1) }).GetProperty("first").Deserialize<float[]>()!]);
            }

            Rounds rounds = Rounds.Measure(
            [
                Rate(Integer, photos => Extract(integer, photos)),
                Rate(Float, photos => Extract(single, photos)),
                Rate(MlNet, mlNet.Extract),
                Contender.OfRate(OnnxRuntime, FileBatch, context.Effort.RunTime, count => plain.Run(pixels, FileBatch, count)),
                Contender.OfRate(OnnxRuntimeInteger, FileBatch, context.Effort.RunTime, count => plainInteger.Run(pixels, FileBatch, count)),
                .. withPyTorch ? [Rate(PyTorch, photos => pyTorch!.Ask(new { photos }))] : Array.Empty<Contender>(),
            ], context.Effort.Rounds, cancellationToken);
            return Compare(rounds, "features", "from files", _suffix);

            float[][] Extract(FeatureExtractor extractor, IReadOnlyList<string> photos) =>
                Vectors(extractor.ExtractAll(photos, cancellationToken));

            Contender Rate<T>(string way, Func<IReadOnlyList<string>, T> process) =>
                Contender.OfRate(way, paths.Count, context.Effort.RunTime, count => process([.. Repeat(paths, count)]));
        }

        IEnumerable<Figure> Compare(Rounds rounds, string prefix, string how, string ending)
        {
            return
            [
                .. Line(Integer, MlNet, "ML.NET"),
                .. Line(Float, MlNet, "ML.NET"),
                .. Line(Float, OnnxRuntime, "ONNX Runtime, ready pixels"),
                .. Line(Integer, OnnxRuntimeInteger, "ONNX Runtime int8, ready pixels"),
                .. Line(Float, PyTorch, "PyTorch"),
                .. Line(Integer, PyTorch, "PyTorch"),
            ];

            IEnumerable<Figure> Line(string ours, string peer, string peerName) =>
                rounds.Compare($"{prefix}_{ours}_vs_{peer}{ending}", $"{measured.Name}, {how}, {ours} / {peerName}", ours, peer, Unit.ImagesPerSecond);
        }

        string Export(OnnxPrecision precision)
        {
            string path = Path.Combine(context.WorkFolder, $"{measured.Name}-{precision}.onnx");
            OnnxModelWriter.Write(measured.Model, path, new OnnxExportOptions
            {
                InputName = MlNetFeatures.PixelsColumn,
                InputSize = size,
                Outputs = [new OnnxOutput(MlNetFeatures.FeaturesColumn, measured.Layer)],
                Precision = precision,
            });
            return path;
        }

        // As training and the command line have it; a batch of one is for those who wait for one image.
        FeatureExtractor Open(OnnxPrecision precision, int batch) => new(measured.Model, new FeatureExtractorOptions
        {
            Layer = measured.Layer,
            InputSize = size,
            Precision = precision,
            BatchSize = batch,
            Decoding = context.Decoding,
            Parallelism = batch == 1 ? FeatureParallelism.Layers : FeatureParallelism.Images,
        });
    }

    private static float[][] Vectors(IEnumerable<ImageFeatures> features) => [.. features.Select(image => image.Values ?? throw image.Error!)];

    private static IEnumerable<T> Repeat<T>(IReadOnlyList<T> items, int count) => Enumerable.Range(0, count).Select(i => items[i % items.Count]);

    /// <exception cref="InvalidOperationException">The features of two ways differ by more than rounding and resizing explain.</exception>
    private static void RequireAlike(string way, float[][] ours, float[][] theirs)
    {
        double least = ours.Zip(theirs, (a, b) => (double)TensorPrimitives.CosineSimilarity<float>(a, b)).Min();
        if (!(least >= LeastCosine))
        {
            throw new InvalidOperationException($"The features of {way} and ours in float32 have a cosine of {least:F4} on some photo, so they don't compute the same, and comparing their times would mislead.");
        }
    }
}
