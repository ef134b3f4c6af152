using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace VggTransfer.Benchmarks.Peers;

/// <summary>ML.NET's own way from files to features: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel.</summary>
internal sealed class MlNetFeatures : IDisposable
{
    public const string PixelsColumn = "Pixels";
    public const string FeaturesColumn = "Features";

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly OnnxTransformer _network;
    private readonly MlNetPixels _pixels;

    /// <param name="graph">An ONNX file whose input and output are called as the columns are.</param>
    /// <param name="size">Side of the input in pixels.</param>
    public MlNetFeatures(string graph, int size)
    {
        _pixels = new MlNetPixels(size);
        _network = _mlContext.Transforms.ApplyOnnxModel([FeaturesColumn], [PixelsColumn], graph).Fit(_pixels.Transform([]));
    }

    /// <summary>The features of photos.</summary>
    public float[][] Extract(IReadOnlyList<string> paths) => [.. _network.Transform(_pixels.Transform(paths)).GetColumn<float[]>(FeaturesColumn)];

    /// <summary>The features of pixels that are ready.</summary>
    public int Run(IEnumerable<byte[]> pixels)
    {
        IDataView rows = _mlContext.Data.LoadFromEnumerable(pixels.Select(image => new PixelRow { Pixels = image }), PixelRow.Schema(_pixels.Size));
        return _network.Transform(rows).GetColumn<float[]>(FeaturesColumn).Count();
    }

    public void Dispose() => _network.Dispose();

    private sealed class PixelRow
    {
        public byte[] Pixels { get; set; } = [];

        public static SchemaDefinition Schema(int size)
        {
            var schema = SchemaDefinition.Create(typeof(PixelRow));
            schema[nameof(Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, size, size, 3);
            return schema;
        }
    }
}

/// <summary>ML.NET's own way from files to pixels.</summary>
internal sealed class MlNetPixels
{
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly TransformerChain<ImagePixelExtractingTransformer> _chain;

    public MlNetPixels(int size)
    {
        Size = size;
        _chain = _mlContext.Transforms.LoadImages("Image", null, nameof(PathRow.ImagePath))
            .Append(_mlContext.Transforms.ResizeImages("Image", size, size, "Image", ImageResizingEstimator.ResizingKind.IsoCrop))
            .Append(_mlContext.Transforms.ExtractPixels(MlNetFeatures.PixelsColumn, "Image", interleavePixelColors: true, outputAsFloatArray: false))
            .Fit(Rows([]));
    }

    public int Size { get; }

    public IDataView Transform(IReadOnlyList<string> paths) => _chain.Transform(Rows(paths));

    /// <summary>Takes photos to pixels and returns how many there were.</summary>
    public int Run(IReadOnlyList<string> paths) => Transform(paths).GetColumn<byte[]>(MlNetFeatures.PixelsColumn).Count();

    private IDataView Rows(IReadOnlyList<string> paths) => _mlContext.Data.LoadFromEnumerable(paths.Select(path => new PathRow { ImagePath = path }));

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
