using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.MlNet;

/// <summary>
/// The same features by ML.NET's own parts, row by row: what is saved in place of this library's transformer, and what
/// a prediction engine runs.
/// </summary>
internal sealed class VggFeaturesChain : IDisposable
{
    // ML.NET reads the graph again from this file when it saves the chain.
    private readonly TemporaryFile _graph;

    private VggFeaturesChain(TemporaryFile graph, ITransformer transformer)
    {
        _graph = graph;
        Transformer = transformer;
    }

    public ITransformer Transformer { get; }

    public static VggFeaturesChain Create(
        TransformsCatalog catalog, VggFeaturesColumns columns, IBackbone backbone, FeatureLayer layer, int inputSize, OnnxPrecision precision, string? imageFolder, DataViewSchema inputSchema)
    {
        var graph = new TemporaryFile(".onnx");
        try
        {
            backbone.WriteOnnx(graph.Path, new OnnxExportOptions
            {
                InputName = columns.Pixels,
                InputSize = inputSize,
                Precision = precision,
                Outputs = [new OnnxOutput(columns.Output, layer)],
            });
            EstimatorChain<ColumnSelectingTransformer> estimator = LoadAndResize(catalog, columns, inputSize, imageFolder)
                .Append(catalog.ExtractPixels(columns.Pixels, columns.Image, interleavePixelColors: true, outputAsFloatArray: false))
                .Append(catalog.ApplyOnnxModel([columns.Output], [columns.Pixels], graph.Path))
                .Append(catalog.DropColumns(columns.Image, columns.Pixels));
            return new VggFeaturesChain(graph, estimator.Fit(new EmptyDataView(inputSchema)));
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>The shape of the output, without making a network: pixels as singles are a vector of singles as well.</summary>
    public static SchemaShape OutputShape(TransformsCatalog catalog, VggFeaturesColumns columns, SchemaShape input)
    {
        SchemaShape shape = LoadAndResize(catalog, columns, inputSize: 32, imageFolder: null)
            .Append(catalog.ExtractPixels(columns.Output, columns.Image))
            .GetOutputSchema(input);
        return new SchemaShape(shape.Where(column => column.Name != columns.Image));
    }

    public void Dispose()
    {
        (Transformer as IDisposable)?.Dispose();
        _graph.Dispose();
    }

    private static IEstimator<ITransformer> LoadAndResize(TransformsCatalog catalog, VggFeaturesColumns columns, int inputSize, string? imageFolder)
    {
        bool isImage = columns.InputKind == VggFeaturesInput.Image;
        ImageResizingEstimator resize = catalog.ResizeImages(
            columns.Image, inputSize, inputSize, isImage ? columns.Input : columns.Image, ImageResizingEstimator.ResizingKind.IsoCrop, ImageResizingEstimator.Anchor.Center);
        return isImage ? resize : catalog.LoadImages(columns.Image, imageFolder, columns.Input).Append(resize);
    }

    /// <summary>ML.NET's parts look only at the schema when they are fitted.</summary>
    private sealed class EmptyDataView(DataViewSchema schema) : IDataView
    {
        public bool CanShuffle => false;

        public DataViewSchema Schema => schema;

        public long? GetRowCount() => 0;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            throw new NotSupportedException("This view only has a schema.");

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            [GetRowCursor(columnsNeeded, rand)];
    }
}
