using System.Text;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>A node of a graph, as the file has it.</summary>
internal sealed class OnnxNode
{
    /// <summary>The operator; ONNX's own unless <see cref="Domain"/> says otherwise.</summary>
    public required string Operator { get; init; }

    /// <summary>The operator's domain; empty for ONNX's own.</summary>
    public required string Domain { get; init; }

    /// <summary>The node's name; may be empty.</summary>
    public required string Name { get; init; }

    /// <summary>The values that go in; an empty name stands for an optional one that is left out.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The values that come out.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>The attributes by name.</summary>
    public required IReadOnlyDictionary<string, OnnxAttribute> Attributes { get; init; }

    /// <summary>Operator with its domain, such as <c>com.microsoft.FusedConv</c>.</summary>
    public string QualifiedOperator => Domain.Length == 0 ? Operator : $"{Domain}.{Operator}";

    /// <summary>What messages call it.</summary>
    public string Display => $"'{MessageText.Shorten(Name.Length > 0 ? Name : Outputs.FirstOrDefault("?"))}' ({MessageText.Shorten(QualifiedOperator)})";

    /// <summary>The value at a place; null where it is left out.</summary>
    public string? Input(int index) => index < Inputs.Count && Inputs[index].Length > 0 ? Inputs[index] : null;

    public long Integer(string name, long absent) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Integer : absent;

    public float Single(string name, float absent) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Single : absent;

    public IReadOnlyList<long>? Integers(string name) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Integers : null;

    public string Text(string name, string absent) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? Encoding.Latin1.GetString(attribute.Text.Span[..Math.Min(attribute.Text.Length, 100)]) : absent;
}
