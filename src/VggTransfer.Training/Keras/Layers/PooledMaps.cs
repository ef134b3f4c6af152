using VggTransfer.Architectures;

namespace VggTransfer.Keras.Layers;

/// <summary>An inner map of a network, pooled over its area.</summary>
/// <param name="LayerName">The layer whose output it is.</param>
/// <param name="Pooling">Average or maximum.</param>
/// <param name="Channels">How many numbers it becomes.</param>
/// <param name="Normalization">What is done to these then.</param>
internal sealed record PooledMap(string LayerName, FeaturePooling Pooling, int Channels, FeatureNormalization Normalization = FeatureNormalization.None)
{
    /// <summary>The same, its numbers as they are pooled.</summary>
    public PooledMap Raw => this with { Normalization = FeatureNormalization.None };
}

/// <summary>
/// Pools outputs of layers before it and joins them end to end, past the layers in between.
/// </summary>
/// <param name="maps">What is pooled, of layers before this one, or of those that a <see cref="CarriedMaps"/> brought.</param>
/// <param name="keepsInput">Whether the input goes out, too, in one row before the pooled maps.</param>
/// <param name="name">The layer's name.</param>
internal sealed class PooledMaps(IReadOnlyList<PooledMap> maps, bool keepsInput, string name) : Layer(name)
{
    /// <summary>What is pooled.</summary>
    public IReadOnlyList<PooledMap> Maps { get; } = maps;

    /// <summary>Whether the input goes out, too, in one row before the pooled maps.</summary>
    public bool KeepsInput { get; } = keepsInput;

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) =>
        [(KeepsInput ? Shapes.Count(inputShape) : 0) + Maps.Sum(map => map.Channels)];
}

/// <summary>
/// Where a part of a network begins whose head works on maps of the part before: takes the rows of a <see cref="PooledMaps"/>
/// apart again. Bears the name of the layer whose map comes in, so that this map can be pooled, too.
/// </summary>
/// <param name="mapShape">(height, width, channels) of the map in front; null where there are pooled maps alone.</param>
/// <param name="maps">The pooled maps behind it.</param>
/// <param name="name">The name of the layer whose output the map is.</param>
internal sealed class CarriedMaps(IReadOnlyList<int>? mapShape, IReadOnlyList<PooledMap> maps, string name) : Layer(name)
{
    /// <summary>(height, width, channels) of the map in front; null where there are pooled maps alone.</summary>
    public IReadOnlyList<int>? MapShape { get; } = mapShape;

    /// <summary>The pooled maps behind it.</summary>
    public IReadOnlyList<PooledMap> Maps { get; } = maps;

    /// <summary>What comes in for one sample.</summary>
    public IReadOnlyList<int> RowShape => Maps.Count == 0 ? MapShape! : [(MapShape is null ? 0 : Shapes.Count(MapShape)) + Maps.Sum(map => map.Channels)];

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) =>
        inputShape.SequenceEqual(RowShape) ? MapShape ?? inputShape : throw WrongInput(inputShape, $"rows of ({string.Join(", ", RowShape)})");
}
