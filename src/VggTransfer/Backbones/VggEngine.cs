using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Backbones;

/// <summary>Chooses what computes a VGG: this library's Winograd convolutions, or ONNX Runtime.</summary>
internal static class VggEngine
{
    /// <param name="model">The weights; not needed afterwards.</param>
    /// <param name="layer">What the features are.</param>
    /// <param name="options">Arithmetic, threads and input size.</param>
    public static IFeatureNetwork Open(VggModel model, FeatureLayer layer, FeatureNetworkOptions options) =>
        options.AlgorithmFor(options.InputSize ?? model.Architecture.InputSize) == ConvolutionAlgorithm.Winograd
            ? new WinogradNetwork(model, layer, options.InputSize, options.Threads)
            : OnnxNetwork.Create(
                model,
                new OnnxExportOptions { Outputs = [new OnnxOutput("features", layer)], InputSize = options.InputSize, Precision = options.Precision },
                options.Parallelism == FeatureParallelism.Images ? 1 : options.Threads);

    /// <summary>Names what computes. Winograd's method is this library's own; ONNX Runtime would be loaded only to be asked.</summary>
    public static string Identify(FeatureNetworkOptions options, int inputSize)
    {
        ConvolutionAlgorithm algorithm = options.AlgorithmFor(inputSize);
        string program = algorithm == ConvolutionAlgorithm.Winograd ? "VggTransfer" : $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";
        return $"algorithm {algorithm}\nprogram {program}\n";
    }
}
