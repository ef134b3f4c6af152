using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using VggTransfer.Architectures;
using VggTransfer.Features;

namespace VggTransfer.MlNet;

/// <summary>
/// Features of a frozen VGG for an <see cref="IDataView"/>. <see cref="Transform"/> works in batches; a row-to-row
/// mapper (prediction engine) and the saved form are ML.NET's own parts. Disposing it frees the network.
/// </summary>
public sealed class VggFeaturesTransformer : ITransformer, IDisposable
{
    private readonly VggFeaturesColumns _columns;
    private readonly string? _imageFolder;

    // Each holds a network of its own: one for batches, one for ML.NET's parts. Many pipelines need only one of them.
    private readonly Lazy<FeatureExtractor> _extractor;
    private readonly Lazy<VggFeaturesChain> _chain;

    internal VggFeaturesTransformer(
        VggFeaturesColumns columns, string? imageFolder, FeatureLayer layer, int dimension, Func<FeatureExtractor> createExtractor, Func<VggFeaturesChain> createChain)
    {
        _columns = columns;
        _imageFolder = imageFolder;
        Layer = layer;
        Dimension = dimension;
        _extractor = new Lazy<FeatureExtractor>(createExtractor);
        _chain = new Lazy<VggFeaturesChain>(createChain);
    }

    /// <summary>What the features are.</summary>
    public FeatureLayer Layer { get; }

    /// <summary>The length of a feature vector.</summary>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <summary>ML.NET's own LoadImages, ResizeImages, ExtractPixels and ApplyOnnxModel, which give the same features row by row.</summary>
    public ITransformer RowByRow => _chain.Value.Transformer;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckInput(inputSchema, _columns);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);

        // One image for each row: ML.NET's ApplyOnnxModel gives the batch as a dimension of 1.
        builder.AddColumn(_columns.Output, new VectorDataViewType(NumberDataViewType.Single, 1, Dimension));
        return builder.ToSchema();
    }

    /// <summary>A view whose features are computed in batches as they are asked for, and kept for further passes.</summary>
    /// <remarks>Asking for the features of an image that can't be read throws <see cref="Images.InvalidImageException"/> or another <see cref="IOException"/>.</remarks>
    /// <exception cref="ArgumentException">The input column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new VggFeaturesDataView(input, GetOutputSchema(input.Schema), _columns, _imageFolder, _extractor.Value);
    }

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => RowByRow.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => RowByRow.Save(ctx);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_extractor.IsValueCreated)
        {
            _extractor.Value.Dispose();
        }

        if (_chain.IsValueCreated)
        {
            _chain.Value.Dispose();
        }
    }

    internal static void CheckInput(DataViewSchema schema, VggFeaturesColumns columns)
    {
        DataViewSchema.Column? column = schema.GetColumnOrNull(columns.Input);
        bool isPath = columns.InputKind == VggFeaturesInput.ImagePath;
        if (isPath ? column?.Type is not TextDataViewType : column?.Type is not ImageDataViewType)
        {
            throw new ArgumentException(
                $"VGG features need a column '{columns.Input}' of {(isPath ? "text (paths of image files)" : "images (MLImage)")}, and {(column is null ? "there is no such column" : $"it is {column.Value.Type}")}.", nameof(schema));
        }
    }
}
