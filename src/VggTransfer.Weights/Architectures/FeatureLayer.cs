namespace VggTransfer.Architectures;

/// <summary>How a map of (C, H, W) becomes a vector.</summary>
public enum FeaturePooling
{
    /// <summary>All values, in channel, row, column order (CHW).</summary>
    Flatten,

    /// <summary>The average over each channel (Keras: <c>GlobalAveragePooling2D</c>).</summary>
    Average,

    /// <summary>The maximum over each channel (Keras: <c>GlobalMaxPooling2D</c>).</summary>
    Maximum,
}

/// <summary>One of the places in a network that a <see cref="FeatureLayer"/> reads.</summary>
/// <param name="LayerName">
/// What the network calls it; of a VGG <c>block1_conv1</c> ... <c>block5_pool</c> (after ReLU), <c>fc6</c>, <c>fc7</c> (after ReLU),
/// <c>logits</c> or <c>probabilities</c>.
/// </param>
/// <param name="Pooling">How a map becomes a vector; <see cref="FeaturePooling.Flatten"/> for the dense layers.</param>
public sealed record FeatureSource(string LayerName, FeaturePooling Pooling = FeaturePooling.Flatten)
{
    /// <inheritdoc/>
    public override string ToString() => Pooling switch
    {
        FeaturePooling.Average => $"{LayerName}:avg",
        FeaturePooling.Maximum => $"{LayerName}:max",
        _ => LayerName,
    };
}

/// <summary>
/// What to take as an image's features: one place in the network, or several joined end to end. Written
/// <c>fc7</c>, <c>block5_pool</c> (flattened), <c>block5_pool:avg</c>, <c>block4_pool:avg+block5_pool:avg+block5_pool:max</c>.
/// Which names there are, the network knows.
/// </summary>
public sealed record FeatureLayer
{
    /// <summary>A VGG's second hidden dense layer after ReLU: what "VGG features" means in the literature.</summary>
    public static FeatureLayer Fc7 { get; } = new([new FeatureSource("fc7")]);

    /// <summary>The places, in the order in which their values follow each other.</summary>
    public IReadOnlyList<FeatureSource> Sources { get; }

    /// <summary>Joins places end to end.</summary>
    /// <exception cref="ArgumentException">There is none, or one stands twice.</exception>
    public FeatureLayer(IReadOnlyList<FeatureSource> sources)
    {
        if (sources.Count == 0 || sources.Distinct().Count() != sources.Count)
        {
            throw new ArgumentException("A feature layer needs at least one source, and none twice.", nameof(sources));
        }

        Sources = sources;
    }

    /// <summary>Reads the written form, whatever the network calls its layers.</summary>
    /// <param name="text">Sources joined by <c>+</c>, each a layer name with <c>:avg</c>, <c>:max</c> or nothing behind it.</param>
    /// <exception cref="FormatException">The text isn't one.</exception>
    public static FeatureLayer Parse(string text) => Parse(text, ParseSource);

    /// <inheritdoc/>
    public bool Equals(FeatureLayer? other) => other is not null && Sources.SequenceEqual(other.Sources);

    /// <inheritdoc/>
    public override int GetHashCode() => Sources.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join('+', Sources);

    internal static FeatureLayer Parse(string text, Func<string, FeatureSource> parseSource)
    {
        ArgumentNullException.ThrowIfNull(text);
        FeatureSource[] sources = [.. text.Split('+', StringSplitOptions.TrimEntries).Select(parseSource)];
        return sources.GroupBy(source => source).FirstOrDefault(group => group.Count() > 1) is { Key: var twice }
            ? throw new FormatException($"'{text}' is no feature layer: {twice} stands in it twice.")
            : new FeatureLayer(sources);
    }

    internal static FeatureSource ParseSource(string text) => text.Split(':') switch
    {
        ["", ..] => throw new FormatException($"'{text}' is no feature layer: it names none."),
        [string name] => new FeatureSource(name),
        [string name, "avg"] => new FeatureSource(name, FeaturePooling.Average),
        [string name, "max"] => new FeatureSource(name, FeaturePooling.Maximum),
        _ => throw new FormatException($"'{text}' is no feature layer: behind the colon stands avg or max."),
    };
}

/// <summary>A network has no layer of the name asked for.</summary>
/// <param name="layerName">The layer asked for.</param>
/// <param name="message">A whole sentence that says what to use or fetch instead.</param>
public sealed class FeatureLayerNotFoundException(string layerName, string message) : ArgumentException(message)
{
    /// <summary>The layer asked for.</summary>
    public string LayerName { get; } = layerName;
}
