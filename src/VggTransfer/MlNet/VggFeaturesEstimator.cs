using Microsoft.ML;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Pretrained;

namespace VggTransfer.MlNet;

/// <summary>Turns images into features of a frozen VGG; made by <see cref="VggFeaturesCatalog"/>. Nothing is learnt in fitting.</summary>
public sealed class VggFeaturesEstimator : IEstimator<VggFeaturesTransformer>
{
    private readonly TransformsCatalog _catalog;
    private readonly VggFeaturesColumns _columns;
    private readonly VggFeaturesOptions _options;
    private readonly VggModel _backbone;
    private readonly FeatureLayer _layer;
    private readonly int _inputSize;

    internal VggFeaturesEstimator(TransformsCatalog catalog, VggFeaturesColumns columns, VggFeaturesOptions options)
    {
        _catalog = catalog;
        _columns = columns;
        _options = options;
        _backbone = options.Backbone ?? PretrainedBackbones.Open();
        _layer = options.Layer ?? FeatureExtractor.DefaultLayer(_backbone);
        _inputSize = options.InputSize ?? _backbone.Architecture.InputSize;

        // A layer or size that the network doesn't have should be heard of here, not when the data are there.
        _ = _layer.Dimension(_backbone.Architecture with { InputSize = _inputSize });
    }

    /// <summary>Loads the network.</summary>
    /// <param name="input">The data; only their schema is looked at.</param>
    /// <exception cref="ArgumentException">The input column is missing or of another type, or the options don't fit the network.</exception>
    public VggFeaturesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        VggFeaturesTransformer.CheckInput(input.Schema, _columns);
        var extractor = new FeatureExtractor(_backbone, new FeatureExtractorOptions
        {
            Layer = _layer,
            InputSize = _inputSize,
            Resize = ResizeRecipe.MlNetCrop,
            Decoding = new ImageDecodeOptions { Orientation = _options.Orientation },
            BatchSize = _options.BatchSize,
            Threads = _options.Threads,
        });
        DataViewSchema schema = input.Schema;
        return new VggFeaturesTransformer(extractor, _columns, _options.ImageFolder,
            () => VggFeaturesChain.Create(_catalog, _columns, _backbone, _layer, _inputSize, _options.ImageFolder, schema));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => VggFeaturesChain.OutputShape(_catalog, _columns, inputSchema);
}
