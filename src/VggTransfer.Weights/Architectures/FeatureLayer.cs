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

/// <summary>What is done to the vector of one place, whatever the picture, so that places and pictures can be compared.</summary>
public enum FeatureNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// Divided by its length (the square root of the sum of squares), as the VGG paper does before its linear classifiers (section 4.2); zeros stay.
    /// </summary>
    L2,

    /// <summary>
    /// The square root of each value, then divided by the length of that: strong channels no longer drown weak ones. Linear classifiers on
    /// it compare vectors by the Hellinger kernel (Arandjelović and Zisserman, "Three things everyone should know to improve object
    /// retrieval", 2012, section 3). For values of at least 0, which is what comes out of a ReLU; of others the sign is kept.
    /// </summary>
    Hellinger,
}

/// <summary>One of the places in a network that a <see cref="FeatureLayer"/> reads.</summary>
/// <param name="LayerName">
/// What the network calls it; of a VGG <c>block1_conv1</c> ... <c>block5_pool</c> (after ReLU), <c>fc6</c>, <c>fc7</c> (after ReLU),
/// <c>logits</c> or <c>probabilities</c>.
/// </param>
/// <param name="Pooling">How a map becomes a vector; <see cref="FeaturePooling.Flatten"/> for the dense layers.</param>
/// <param name="Normalization">What is done to the vector then.</param>
public sealed record FeatureSource(
    string LayerName, FeaturePooling Pooling = FeaturePooling.Flatten, FeatureNormalization Normalization = FeatureNormalization.None)
{
    private const string Average = ":avg";
    private const string Maximum = ":max";
    private const string L2 = ":l2";
    private const string Hellinger = ":hellinger";

    /// <summary>The same place, its vector as the network gives it.</summary>
    internal FeatureSource Raw => this with { Normalization = FeatureNormalization.None };

    /// <inheritdoc/>
    public override string ToString() => LayerName
        + Pooling switch { FeaturePooling.Average => Average, FeaturePooling.Maximum => Maximum, _ => "" }
        + Normalization switch { FeatureNormalization.L2 => L2, FeatureNormalization.Hellinger => Hellinger, _ => "" };

    internal static FeatureSource Parse(string text)
    {
        (string rest, FeatureNormalization normalization) = text switch
        {
            _ when text.EndsWith(L2, StringComparison.Ordinal) => (text[..^L2.Length], FeatureNormalization.L2),
            _ when text.EndsWith(Hellinger, StringComparison.Ordinal) => (text[..^Hellinger.Length], FeatureNormalization.Hellinger),
            _ => (text, FeatureNormalization.None),
        };
        (string name, FeaturePooling pooling) = rest switch
        {
            _ when rest.EndsWith(Average, StringComparison.Ordinal) => (rest[..^Average.Length], FeaturePooling.Average),
            _ when rest.EndsWith(Maximum, StringComparison.Ordinal) => (rest[..^Maximum.Length], FeaturePooling.Maximum),
            _ => (rest, FeaturePooling.Flatten),
        };
        return name.Length == 0 ? throw new FormatException($"'{text}' is no feature layer: it names none.")
            : name.Contains(':', StringComparison.Ordinal) ? throw new FormatException($"'{text}' is no feature layer: behind the name may stand :avg or :max, and behind that :l2 or :hellinger.")
            : new FeatureSource(name, pooling, normalization);
    }
}

/// <summary>
/// What to take as an image's features: one place in the network, or several joined end to end. Written
/// <c>fc7</c>, <c>block5_pool</c> (flattened), <c>block5_pool:avg</c>, <c>block4_pool:avg+block5_pool:avg+block5_pool:max</c>; with
/// <c>:l2</c> or <c>:hellinger</c> behind a place its vector is normalised. Which names there are, the network knows.
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
    /// <param name="text">
    /// Sources joined by <c>+</c>, each a layer name with <c>:avg</c>, <c>:max</c> or nothing behind it, and then <c>:l2</c>, <c>:hellinger</c> or nothing.
    /// </param>
    /// <exception cref="FormatException">The text isn't one.</exception>
    public static FeatureLayer Parse(string text) => Parse(text, FeatureSource.Parse);

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

    /// <summary>The places in a shorter form for people, such as <c>block4_pool, block5_pool (avg, max, hellinger)</c>; it isn't one that is read again.</summary>
    public string Describe()
    {
        // First the poolings of a map together, then the maps that are treated alike.
        var maps = Sources.GroupBy(source => (source.LayerName, source.Normalization))
            .Select(map => (map.Key.LayerName, How: string.Join(", ", map.SelectMany(source => Parts(source.Raw)).Concat(map.SelectMany(Parts)).Distinct())));
        return string.Join(" + ", maps.GroupBy(map => map.How).Select(group => string.Join(", ", group.Select(map => map.LayerName)) + (group.Key.Length > 0 ? $" ({group.Key})" : "")));

        static IEnumerable<string> Parts(FeatureSource source) => source.ToString().Split(':').Skip(1);
    }

    /// <summary>The places that several layers read, each once and as the network gives it: what all of them can be cut out of.</summary>
    internal static FeatureLayer Union(IEnumerable<FeatureLayer> layers) => new([.. layers.SelectMany(layer => layer.Sources).Select(source => source.Raw).Distinct()]);
}

/// <summary>A network has no layer of the name asked for.</summary>
/// <param name="layerName">The layer asked for.</param>
/// <param name="message">A whole sentence that says what to use or fetch instead.</param>
public sealed class FeatureLayerNotFoundException(string layerName, string message) : ArgumentException(message)
{
    /// <summary>The layer asked for.</summary>
    public string LayerName { get; } = layerName;
}
