using Microsoft.ML;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.MlNet;

/// <summary>Turns images into features of a frozen network; made by <see cref="VggFeaturesCatalog"/>. Nothing is learnt in fitting.</summary>
public sealed class VggFeaturesEstimator : IEstimator<VggFeaturesTransformer>
{
    private readonly TransformsCatalog _catalog;
    private readonly VggFeaturesColumns _columns;
    private readonly VggFeaturesOptions _options;
    private readonly IBackbone _backbone;
    private readonly FeatureLayer _layer;
    private readonly int _inputSize;
    private readonly int _dimension;

    internal VggFeaturesEstimator(TransformsCatalog catalog, VggFeaturesColumns columns, VggFeaturesOptions options)
    {
        _catalog = catalog;
        _columns = columns;
        _options = options;
        OptionRange.Check(options);
        _backbone = options.Backbone ?? VggBackbone.OpenEmbedded();
        _layer = options.Layer ?? _backbone.DefaultLayer;

        // A layer, a size or a normalisation that the network doesn't have should be heard of here, not when the data are there.
        _backbone.Check(new FeatureNetworkOptions { Layer = _layer, InputSize = options.InputSize, Precision = options.Precision, Algorithm = ConvolutionAlgorithm.Direct });
        _inputSize = options.InputSize ?? _backbone.InputSize;
        _dimension = _backbone.Dimension(_layer, _inputSize);
    }

    /// <summary>Checks the input column; the network is loaded when features are first asked for.</summary>
    /// <param name="input">The data; only their schema is looked at.</param>
    /// <exception cref="ArgumentException">The input column is missing or of another type.</exception>
    public VggFeaturesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema schema = input.Schema;
        VggFeaturesTransformer.CheckInput(schema, _columns);
        return new VggFeaturesTransformer(_columns, _options.ImageFolder, _layer, _dimension,
            () => new FeatureExtractor(_backbone, new FeatureExtractorOptions
            {
                Layer = _layer,
                InputSize = _inputSize,
                Resize = ResizeRecipe.MlNetCrop,
                Decoding = new ImageDecodeOptions { Orientation = _options.Orientation },
                BatchSize = _options.BatchSize,
                Threads = _options.Threads,
                Precision = _options.Precision,
                Parallelism = FeatureParallelism.Images,

                // The saved chain runs in ONNX Runtime, and both ways promise the same bits.
                Algorithm = ConvolutionAlgorithm.Direct,
            }),
            () => VggFeaturesChain.Create(_catalog, _columns, _backbone, _layer, _inputSize, _options.Precision, _options.ImageFolder, schema));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => VggFeaturesChain.OutputShape(_catalog, _columns, inputSchema);
}
