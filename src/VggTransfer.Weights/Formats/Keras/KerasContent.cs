namespace VggTransfer.Weights.Formats.Keras;

/// <summary>The layers of a Keras file with their weights, as far as the file tells.</summary>
/// <param name="Operations">The layers in the network's order; without a configuration some may be missing.</param>
/// <param name="HasConfig">Whether the order, and all that layers do, come from a configuration.</param>
/// <param name="ListsLayers">Whether layers without weights are listed in their places too.</param>
internal sealed record KerasContent(IReadOnlyList<KerasOperation> Operations, bool HasConfig, bool ListsLayers)
{
    /// <summary>
    /// How many maximum pools the convolutions' model has, where the file counts them without saying their places; null
    /// where it doesn't.
    /// </summary>
    public int? PoolCount { get; init; }
}
