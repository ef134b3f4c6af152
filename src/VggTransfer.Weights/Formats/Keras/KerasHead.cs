
namespace VggTransfer.Weights.Formats.Keras;

/// <summary>The dense layers behind the convolutions, where they are those that the architecture type has.</summary>
/// <param name="Dense">The dense layers, the last one giving the classes; none where there is no head.</param>
/// <param name="Unreadable">Why the head can't be read, as the rest of a sentence; null where it can, or there is none.</param>
/// <param name="Pooling">The global pool that ends a model without dense layers, or comes before them; null where there is none.</param>
internal sealed record KerasHead(IReadOnlyList<KerasOperation> Dense, string? Unreadable, KerasOperation? Pooling)
{
    /// <summary>Looks at what comes behind the convolutions.</summary>
    /// <param name="content">The model.</param>
    /// <param name="behind">Its layers behind the last pool.</param>
    /// <param name="channels">Channels of the last map.</param>
    public static KerasHead Find(KerasContent content, IReadOnlyList<KerasOperation> behind, long channels)
    {
        List<KerasOperation> dense = [.. behind.Where(operation => operation.Kind == KerasKind.Dense)];
        KerasOperation? pooling = behind.FirstOrDefault(operation => operation.Kind == KerasKind.GlobalPooling);
        return dense.Count == 0 && behind.All(operation => operation.Weights is null)
            ? new KerasHead([], null, pooling)
            : new KerasHead(dense, Obstacle(content, behind, dense, channels), pooling);
    }

    /// <summary>The layers, for people: <c>global_average_pooling2d, dense (256), dense_1 (5)</c>.</summary>
    public static string Describe(IReadOnlyList<KerasOperation> behind) => string.Join(", ", behind
        .Where(operation => operation.Kind is not (KerasKind.Input or KerasKind.Inert))
        .Select(operation => MessageText.Shorten(operation.Name) + (operation.Kind == KerasKind.Dense && Units(operation) is { } units ? $" ({units})" : "")));

    private static long? Units(KerasOperation dense) =>
        dense.Weights is { } weights && weights.TryGetValue(KerasRoles.Kernel, out Hdf5.Hdf5Dataset? kernel) && kernel.Space.Dimensions.Count == 2 ? kernel.Space.Dimensions[1] : null;

    private static string? Obstacle(KerasContent content, IReadOnlyList<KerasOperation> behind, List<KerasOperation> dense, long channels)
    {
        bool flattened = false;
        int seen = 0;
        bool activated = true;
        foreach (KerasOperation operation in behind)
        {
            string name = MessageText.Shorten(operation.Name);
            if (!operation.Linked)
            {
                return $"layer '{name}' takes more than the output of the layer before it";
            }

            switch (operation.Kind)
            {
                case KerasKind.Flatten:
                    flattened = true;
                    break;
                case KerasKind.GlobalPooling:
                    return $"the global pool '{name}' comes before its dense layers";
                case KerasKind.Dense:
                    seen++;
                    if (!activated)
                    {
                        return $"no ReLU comes before layer '{name}'";
                    }

                    if (Units(operation) is null)
                    {
                        return $"layer '{name}' has no kernel of 2 dimensions";
                    }

                    activated = seen == dense.Count || KerasSettings.Activation(operation) is null or "relu";
                    if (seen < dense.Count && KerasSettings.Activation(operation) is { } activation and not ("relu" or "linear"))
                    {
                        return $"layer '{name}' has the activation '{MessageText.Shorten(activation)}' instead of ReLU";
                    }

                    break;
                case KerasKind.Activation:
                    if (seen > 0 && seen < dense.Count && KerasSettings.Activation(operation) is { } behindDense and not ("relu" or "linear"))
                    {
                        return $"activation '{name}' is '{MessageText.Shorten(behindDense)}' instead of ReLU";
                    }

                    activated |= KerasSettings.Activation(operation) is null or "relu";
                    break;
                case KerasKind.Inert or KerasKind.Input:
                    break;
                case KerasKind.Other when operation.Weights is null && !content.HasConfig:
                    break;
                default:
                    return $"layer '{name}' is none that a VGG's head has";
            }
        }

        if (dense.Count == 0)
        {
            return "it has no dense layer";
        }

        bool named = flattened || dense[0].Name == "fc1";
        return !named && dense[0].Weights![KerasRoles.Kernel].Space.Dimensions[0] == channels
            ? "its first dense layer takes one value for each channel, as behind a global pool"
            : null;
    }
}
