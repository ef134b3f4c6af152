using VggTransfer.Weights.Formats;
using VggTransfer.Weights.Formats.Caffe;
using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.PyTorch;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Weights.Formats.TensorFlow;

namespace VggTransfer.Weights;

/// <summary>The formats there are. A new one is a folder with an <see cref="IWeightsFormat"/>, and a line here.</summary>
internal static class WeightsFormats
{
    /// <summary>In the order in which a file's content is tried.</summary>
    public static IReadOnlyList<IWeightsFormat> All { get; } =
    [
        new SafetensorsFormat(),
        new OnnxFormat(),
        new KerasH5Format(),
        new KerasArchiveFormat(),
        new PyTorchFormat(),
        new CaffeFormat(),
        new TensorFlowFormat(),
    ];
}
