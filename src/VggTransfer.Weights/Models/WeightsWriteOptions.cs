
namespace VggTransfer.Models;

/// <summary>How <see cref="Weights.WeightsFile.Write"/> writes a network.</summary>
public sealed record WeightsWriteOptions
{
    /// <summary>What to store the weights as, rounded to the nearest value; null for as they are. Keras's .h5 can't hold bfloat16.</summary>
    public TensorType? Storage { get; init; }

    /// <summary>
    /// What an ONNX graph takes in and gives. Unless said otherwise it takes normalised input, so that its convolutions are the
    /// model's own, and a file that is read back has bit-identical weights.
    /// </summary>
    public OnnxExportOptions Onnx { get; init; } = new() { Input = OnnxInput.Normalized };
}
