namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>An attribute of a node; of its values, those that the file has.</summary>
internal sealed class OnnxAttribute
{
    public float Single { get; init; }

    public long Integer { get; init; }

    /// <summary>Text as its bytes; operators' texts are ASCII.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    public OnnxTensor? Tensor { get; init; }

    public IReadOnlyList<long> Integers { get; init; } = [];

    public IReadOnlyList<float> Singles { get; init; } = [];
}
