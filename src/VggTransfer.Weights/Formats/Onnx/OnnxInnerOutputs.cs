namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Makes values inside a graph outputs of it, without taking the graph apart.</summary>
internal static class OnnxInnerOutputs
{
    // ModelProto.graph, GraphProto.output, ValueInfoProto.name in onnx.proto.
    private const int GraphField = 7;
    private const int OutputField = 12;
    private const int NameField = 1;

    /// <summary>The value that holds a layer's output as 4-byte floating point; in a graph in 8-bit integers that is another one than the layer's own.</summary>
    /// <param name="document">The graph as <see cref="OnnxModelWriter"/> writes it.</param>
    /// <param name="layer">Keras's name of the layer.</param>
    public static string SinglesOf(OnnxDocument document, string layer)
    {
        string singles = Int8GraphLayers.SinglesName(layer);
        return document.Nodes.Any(node => node.Outputs.Contains(singles)) ? singles : layer;
    }

    /// <summary>The graph with more outputs behind its own.</summary>
    /// <param name="graph">A whole ModelProto.</param>
    /// <param name="values">Names of values in it.</param>
    /// <returns>
    /// The same bytes and a second graph field behind them: protocol buffers join the parts of a message that comes twice, so
    /// nothing of the first part need be copied or understood.
    /// </returns>
    public static byte[] Add(ReadOnlySpan<byte> graph, IEnumerable<string> values)
    {
        byte[] outputs = [.. values.SelectMany(value => OnnxProto.Field(OutputField, OnnxProto.Field(NameField, value)))];
        return [.. graph, .. OnnxProto.Field(GraphField, outputs)];
    }
}
