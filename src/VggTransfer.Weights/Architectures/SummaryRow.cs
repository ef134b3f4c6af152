namespace VggTransfer.Architectures;

/// <summary>A row of a summary, before it is laid out.</summary>
internal sealed record SummaryRow(string Name, string Type, string OutputShape, long Parameters, bool Trainable, string TorchName, int ReceptiveField, long MultiplyAdds)
{
    /// <summary>The rows of an architecture's table, from the input to the output.</summary>
    public static IEnumerable<SummaryRow> Of(VggArchitecture architecture, IReadOnlyList<VggLayer> layers, SummaryOptions options)
    {
        bool sequential = options.Style == SummaryStyle.Sequential;
        if (!sequential)
        {
            int side = architecture.InputSize;

            // Keras shows the shape of an input layer as a list of one.
            yield return new SummaryRow("input_1", "InputLayer", $"[(None, {side}, {side}, 3)]", 0, true, "", 1, 0);
        }

        var counters = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (VggLayer layer in layers)
        {
            bool trainable = !options.FrozenLayers.Contains(layer.Name);
            (string type, string className) = KerasType(layer.Kind);
            string name = sequential ? Next(counters, className) : layer.Name;
            yield return new SummaryRow(name, type, Shape(layer.Output), layer.Parameters, trainable, layer.TorchName ?? "", layer.ReceptiveField, layer.MultiplyAdds);
            if (sequential && layer.Kind == VggLayerKind.BatchNormalization)
            {
                yield return new SummaryRow(Next(counters, "activation"), "Activation", Shape(layer.Output), 0, trainable, "", layer.ReceptiveField, 0);
            }
        }
    }

    private static (string Type, string ClassName) KerasType(VggLayerKind kind) => kind switch
    {
        VggLayerKind.Convolution => ("Conv2D", "conv2d"),
        VggLayerKind.BatchNormalization => ("BatchNormalization", "batch_normalization"),
        VggLayerKind.MaxPooling => ("MaxPooling2D", "max_pooling2d"),
        VggLayerKind.Flatten => ("Flatten", "flatten"),
        VggLayerKind.Dense => ("Dense", "dense"),
        _ => ("Dropout", "dropout"),
    };

    private static string Shape(VggShape shape) =>
        shape.IsVector ? $"(None, {shape.Channels})" : $"(None, {shape.Height}, {shape.Width}, {shape.Channels})";

    /// <summary>Keras's names: the first of a class is bare, the next ends in <c>_1</c>.</summary>
    private static string Next(Dictionary<string, int> counters, string className)
    {
        int count = counters.GetValueOrDefault(className);
        counters[className] = count + 1;
        return count == 0 ? className : $"{className}_{count}";
    }
}
