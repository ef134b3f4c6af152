using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>A VGG as a backbone. Disposing it disposes the model.</summary>
/// <param name="model">The weights.</param>
public sealed class VggBackbone(VggModel model) : IBackbone
{
    /// <summary>The weights.</summary>
    public VggModel Model { get; } = model ?? throw new ArgumentNullException(nameof(model));

    /// <inheritdoc/>
    public string DisplayName => Model.Architecture.DisplayName;

    /// <inheritdoc/>
    public ModelProvenance Provenance => Model.Provenance;

    /// <inheritdoc/>
    public PreprocessingFamily? Preprocessing => Model.Preprocessing;

    /// <inheritdoc/>
    public int InputSize => Model.Architecture.InputSize;

    /// <inheritdoc/>
    public bool TakesAnySize => !Model.Architecture.IncludeTop;

    /// <summary>fc7, or the average of block 5 where the network has no hidden dense layer.</summary>
    public FeatureLayer DefaultLayer => HasFc7(Model.Architecture) ? FeatureLayer.Fc7 : FeatureLayer.Parse($"{VggFeatureLayers.LastMap(Model.Architecture)}:avg");

    /// <summary>
    /// Normalised maps, pooled by average and maximum: of block 5's average alone, of blocks 4 and 5, of blocks 3 to 5; fc7 as it is and
    /// normalised where the network has a dense part. docs/benchmarks.md has the measurements that they follow from.
    /// </summary>
    public IReadOnlyList<FeatureLayer> LayerCandidates => CandidatesOf(Model.Architecture);

    /// <summary>
    /// Block 4 knows what a photo is made of, block 5 what it shows, and that differs in any set: of 20 planted charts, texts and
    /// noises among 2,000 pictures all were at least 1.7 times as far as is usual here, and 1.3 times there.
    /// </summary>
    public FeatureLayer OutlierLayer { get; } = FeatureLayer.Parse("block4_pool:avg");

    /// <summary>Opens the VGG16 that comes with the library; the caller disposes it.</summary>
    /// <exception cref="FileNotFoundException">The file isn't where it belongs; the message says where that is.</exception>
    /// <exception cref="InvalidModelFileException">The file is damaged.</exception>
    public static VggBackbone OpenEmbedded() => new(PretrainedBackbones.Open());

    /// <inheritdoc cref="LayerCandidates"/>
    internal static IReadOnlyList<FeatureLayer> CandidatesOf(VggArchitecture architecture)
    {
        if (HasFc7(architecture))
        {
            return [FeatureLayer.Fc7, FeatureLayer.Parse("fc7:hellinger")];
        }

        string last = VggFeatureLayers.LastMap(architecture);
        FeatureLayer Both(params IEnumerable<string> maps) => FeatureLayer.Parse(string.Join('+', maps.SelectMany(map => (string[])[$"{map}:avg:hellinger", $"{map}:max:hellinger"])));
        return [FeatureLayer.Parse($"{last}:avg:hellinger"), Both("block4_pool", last), Both("block3_pool", "block4_pool", last)];
    }

    private static bool HasFc7(VggArchitecture architecture) => architecture is { IncludeTop: true, HiddenDenseLayers: > 0 };

    /// <inheritdoc/>
    public int Dimension(FeatureLayer layer, int? inputSize = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Dimension(VggOnnxGraph.Resized(Model.Architecture, inputSize));
    }

    /// <inheritdoc/>
    public void Check(FeatureNetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ValidateAlgorithm();
        _ = Dimension(options.Layer ?? DefaultLayer, options.InputSize);
        _ = VggOnnxGraph.FamilyOf(Model);
        if (options.Precision == OnnxPrecision.Int8)
        {
            _ = VggOnnxGraph.RangesOf(Model);
        }
    }

    /// <inheritdoc/>
    public string Identify(FeatureNetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        FeatureLayer layer = options.Layer ?? DefaultLayer;
        VggArchitecture architecture = Model.Architecture with { InputSize = options.InputSize ?? InputSize };
        bool needsDense = layer.Sources.Any(source => VggFeatureLayers.Locate(source, architecture).Kind == VggLayerKind.Dense);

        // The hundred million numbers of dense layers needn't be read for a map of the convolutions.
        byte[] weights = WeightsDigest.Compute([.. Model.Tensors.Values.Where(tensor => needsDense || tensor.Name.StartsWith(TorchModules.Features, StringComparison.Ordinal))], options.Threads);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"architecture {ArchitectureJson.Of(architecture)}\n");
        text.Append(CultureInfo.InvariantCulture, $"weights {Convert.ToHexStringLower(weights)}\n");
        text.Append(CultureInfo.InvariantCulture, $"preprocessing {Preprocessing}\n");
        text.Append(CultureInfo.InvariantCulture, $"precision {options.Precision}\n");
        if (options.Precision == OnnxPrecision.Int8)
        {
            foreach ((string name, ActivationRange range) in (Model.ActivationRanges ?? new Dictionary<string, ActivationRange>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"range {name} {range}\n");
            }
        }

        return text.Append(Identify(options.AlgorithmFor(architecture.InputSize))).ToString();
    }

    /// <summary>Names what computes. Winograd's method is this library's own; ONNX Runtime would be loaded only to be asked.</summary>
    internal static string Identify(ConvolutionAlgorithm algorithm)
    {
        string program = algorithm == ConvolutionAlgorithm.Winograd ? "VggTransfer" : $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";
        return $"algorithm {algorithm}\nprogram {program}\n";
    }

    /// <inheritdoc/>
    public byte[] HashWeights(int threads) => WeightsDigest.Compute([.. Model.Tensors.Values], threads);

    /// <inheritdoc/>
    public IFeatureNetwork Open(FeatureNetworkOptions options)
    {
        Check(options);
        FeatureLayer layer = options.Layer ?? DefaultLayer;
        return options.AlgorithmFor(options.InputSize ?? InputSize) == ConvolutionAlgorithm.Winograd
            ? new WinogradNetwork(FoldedVgg.Of(Model, options.InputSize), layer, options.Threads)
            : OnnxNetwork.Create(
                Model,
                new OnnxExportOptions { Outputs = [new OnnxOutput("features", layer)], InputSize = options.InputSize, Precision = options.Precision },
                options.Parallelism == FeatureParallelism.Images ? 1 : options.Threads);
    }

    /// <inheritdoc/>
    public void WriteOnnx(string path, OnnxExportOptions options) => OnnxModelWriter.Write(Model, path, options);

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
