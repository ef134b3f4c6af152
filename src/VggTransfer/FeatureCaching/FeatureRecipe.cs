using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// All that features follow from but the image itself: weights, layer, input size, resizing, decoding, arithmetic, and the
/// programs and processor that compute. Equal recipes and equal images give equal features.
/// </summary>
/// <param name="Id">The hash of it all, 32 bytes.</param>
/// <param name="Layer">What the features are.</param>
/// <param name="InputSize">The side of the network's input in pixels.</param>
/// <param name="Dimension">The length of a feature vector.</param>
/// <param name="Views">Vectors for each image.</param>
internal sealed record FeatureRecipe(byte[] Id, FeatureLayer Layer, int InputSize, int Dimension, int Views)
{
    /// <summary>Changes with the way from a file to features, so that what older versions kept isn't taken for this one's.</summary>
    private const int Revision = 2;

    /// <summary>Numbers kept for each image.</summary>
    public int Values => Dimension * Views;

    /// <summary>The recipe of a network's tensors.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">What is taken from it, and how.</param>
    /// <param name="purpose"><see cref="FeatureCacheOptions.Purpose"/>.</param>
    public static FeatureRecipe Create(VggModel model, FeatureExtractorOptions options, string purpose = "")
    {
        FeatureLayer layer = options.Layer ?? FeatureExtractor.DefaultLayer(model);
        VggArchitecture architecture = model.Architecture with { InputSize = options.InputSize ?? model.Architecture.InputSize };
        int dimension = layer.Dimension(architecture);
        bool needsDense = layer.Sources.Any(source => FeatureLayer.Locate(source, architecture).Kind == VggLayerKind.Dense);

        // The hundred million numbers of dense layers needn't be read for a map of the convolutions.
        byte[] weights = WeightsDigest.Compute([.. model.Tensors.Values.Where(tensor => needsDense || tensor.Name.StartsWith("features.", StringComparison.Ordinal))], options.Threads);
        var text = new StringBuilder(purpose.Length == 0 ? "" : $"purpose {purpose}\n");
        text.Append(CultureInfo.InvariantCulture, $"architecture {ArchitectureJson.Of(architecture)}\n");
        text.Append(CultureInfo.InvariantCulture, $"weights {Convert.ToHexStringLower(weights)}\n");
        text.Append(CultureInfo.InvariantCulture, $"preprocessing {model.Preprocessing}\n");
        text.Append(CultureInfo.InvariantCulture, $"precision {options.Precision}\n");
        if (options.Precision == OnnxPrecision.Int8)
        {
            foreach ((string name, ActivationRange range) in (model.ActivationRanges ?? new Dictionary<string, ActivationRange>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"range {name} {range}\n");
            }
        }

        return Create(text.ToString(), layer, architecture.InputSize, dimension, options);
    }

    /// <summary>The recipe of a graph that is ready, as a saved classifier has it: weights, preprocessing, layer and arithmetic are in its bytes.</summary>
    /// <param name="digest">What <see cref="WeightsDigest"/> says of the graph.</param>
    /// <param name="layer">What it gives as features.</param>
    /// <param name="inputSize">The side of its input in pixels.</param>
    /// <param name="dimension">The length of its feature vectors.</param>
    /// <param name="options">Resizing, decoding, views.</param>
    public static FeatureRecipe OfGraph(byte[] digest, FeatureLayer layer, int inputSize, int dimension, FeatureExtractorOptions options) =>
        Create($"graph {Convert.ToHexStringLower(digest)}\n", layer, inputSize, dimension, options);

    private static FeatureRecipe Create(string network, FeatureLayer layer, int inputSize, int dimension, FeatureExtractorOptions options)
    {
        int views = options.AddMirror ? 2 : 1;
        var text = new StringBuilder(network);
        text.Append(CultureInfo.InvariantCulture, $"revision {Revision}\n");
        text.Append(CultureInfo.InvariantCulture, $"layer {layer}\n");
        text.Append(CultureInfo.InvariantCulture, $"views {views}\n");
        text.Append(CultureInfo.InvariantCulture, $"resize {options.Resize.Id}\n");
        text.Append(CultureInfo.InvariantCulture, $"orientation {options.Decoding.Orientation}\n");
        text.Append(CultureInfo.InvariantCulture, $"scale {options.Decoding.Scale}\n");
        text.Append(CultureInfo.InvariantCulture, $"algorithm {options.AlgorithmFor(inputSize)}\n");
        text.Append(CultureInfo.InvariantCulture, $"programs {NetworkProgram(options.AlgorithmFor(inputSize))}, SkiaSharp {typeof(SKCodec).Assembly.GetName().Version}\n");
        text.Append(CultureInfo.InvariantCulture, $"processor {RuntimeInformation.ProcessArchitecture} {ProcessorFeatures()}\n");
        return new FeatureRecipe(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())), layer, inputSize, dimension, views);
    }

    /// <summary>Winograd's method is this library's own, and in <see cref="Revision"/>; ONNX Runtime would be loaded only to be asked.</summary>
    private static string NetworkProgram(ConvolutionAlgorithm algorithm) =>
        algorithm == ConvolutionAlgorithm.Winograd ? "VggTransfer" : $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";

    /// <summary>
    /// The instructions by which ONNX Runtime chooses its kernels; other kernels add in another order, and the last bit
    /// differs. It matters where a cache is shared between machines or an image moves to another one.
    /// </summary>
    private static string ProcessorFeatures() =>
        string.Join(' ', new[]
        {
            Avx2.IsSupported ? "avx2" : "",
            Fma.IsSupported ? "fma" : "",
            Avx512F.IsSupported ? "avx512f" : "",
            Avx512BW.IsSupported ? "avx512bw" : "",
            Avx512Vbmi.IsSupported ? "avx512vbmi" : "",
            AvxVnni.IsSupported ? "avxvnni" : "",
            System.Runtime.Intrinsics.Arm.Dp.IsSupported ? "dp" : "",
        }.Where(name => name.Length > 0));
}
