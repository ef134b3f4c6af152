using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>What an ONNX file says, without any judgement on it. Tensors' data stay where they are in the mapped file.</summary>
internal sealed record OnnxDocument
{
    /// <summary>The file, for messages.</summary>
    public required ProtobufSource Source { get; init; }

    /// <summary>The version of ONNX's own operators; 1 where the file says nothing.</summary>
    public required long OperatorSet { get; init; }

    /// <summary>The values of <c>metadata_props</c> whose keys are this library's.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The nodes in the file's order.</summary>
    public required IReadOnlyList<OnnxNode> Nodes { get; init; }

    /// <summary>The stored tensors by name.</summary>
    public required IReadOnlyDictionary<string, OnnxTensor> Initializers { get; init; }

    /// <summary>The graph's inputs that aren't initializers.</summary>
    public required IReadOnlyList<OnnxGraphInput> Inputs { get; init; }

    /// <summary>Names of the graph's outputs.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Names of the operators that the file defines itself.</summary>
    public required IReadOnlyList<string> Functions { get; init; }
}
