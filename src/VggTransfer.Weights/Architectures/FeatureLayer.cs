
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

/// <summary>One of the places in a VGG that a <see cref="FeatureLayer"/> reads.</summary>
/// <param name="LayerName">
/// <c>block1_conv1</c> ... <c>block5_pool</c> (after ReLU), <c>fc6</c>, <c>fc7</c> (after ReLU), <c>logits</c> or <c>probabilities</c>.
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
/// </summary>
public sealed record FeatureLayer
{
    /// <summary>The second hidden dense layer after ReLU: what "VGG features" means in the literature.</summary>
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

    /// <summary>Reads the written form.</summary>
    /// <param name="text">Sources joined by <c>+</c>, each a layer name with <c>:avg</c>, <c>:max</c> or nothing behind it.</param>
    /// <exception cref="FormatException">The text is no layer.</exception>
    public static FeatureLayer Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        FeatureSource[] sources = [.. text.Split('+', StringSplitOptions.TrimEntries).Select(ParseSource)];
        return sources.GroupBy(source => source).FirstOrDefault(group => group.Count() > 1) is { Key: var twice }
            ? throw new FormatException($"'{text}' is no feature layer: {twice} stands in it twice.")
            : new FeatureLayer(sources);
    }

    /// <summary>The length of the feature vector.</summary>
    /// <param name="architecture">The network; its input size counts for flattened maps.</param>
    /// <exception cref="FeatureLayerNotFoundException">The network has no such layer.</exception>
    public int Dimension(VggArchitecture architecture) => Sources.Sum(source =>
    {
        VggShape shape = Locate(source, architecture).Output;
        return source.Pooling == FeaturePooling.Flatten ? shape.ElementCount : shape.Channels;
    });

    /// <inheritdoc/>
    public bool Equals(FeatureLayer? other) => other is not null && Sources.SequenceEqual(other.Sources);

    /// <inheritdoc/>
    public override int GetHashCode() => Sources.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join('+', Sources);

    /// <summary>The name of the map that the dense part starts from: <c>block5_pool</c>, or block 5's last convolution in a network made without that pool.</summary>
    internal static string LastMap(VggArchitecture architecture) =>
        architecture.Layers.Last(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.MaxPooling).Name;

    /// <summary>The layer whose output a source reads.</summary>
    /// <exception cref="FeatureLayerNotFoundException">The network has no such layer.</exception>
    internal static VggLayer Locate(FeatureSource source, VggArchitecture architecture)
    {
        string name = source.LayerName switch
        {
            // The paper's last hidden layer and the one before it, also where there are more of them or only one.
            "fc6" => $"fc{architecture.HiddenDenseLayers - 1}",
            "fc7" => $"fc{architecture.HiddenDenseLayers}",
            "logits" or "probabilities" => "predictions",
            _ => source.LayerName,
        };
        return architecture.Layers.FirstOrDefault(layer => layer.Name == name && IsReadable(layer))
            ?? throw new FeatureLayerNotFoundException(source.LayerName, architecture);
    }

    private static bool IsReadable(VggLayer layer) =>
        layer.Kind is VggLayerKind.Convolution or VggLayerKind.MaxPooling or VggLayerKind.Dense;

    private static FeatureSource ParseSource(string text)
    {
        string[] parts = text.Split(':');
        FeaturePooling pooling = parts switch
        {
            [_] => FeaturePooling.Flatten,
            [_, "avg"] => FeaturePooling.Average,
            [_, "max"] => FeaturePooling.Maximum,
            _ => throw new FormatException($"'{text}' is no feature layer: behind the colon stands avg or max."),
        };

        // Keras's names for the dense layers are as welcome as the paper's.
        string name = parts[0] switch
        {
            "fc1" => "fc6",
            "fc2" => "fc7",
            "predictions" => "probabilities",
            _ => parts[0],
        };
        bool isMap = name.StartsWith("block", StringComparison.Ordinal);
        if (!isMap && name is not ("fc6" or "fc7" or "logits" or "probabilities"))
        {
            throw new FormatException($"'{text}' is no feature layer: use fc6, fc7, logits, probabilities, or a map such as block5_pool, block5_pool:avg or block5_pool:max; join several with '+'.");
        }

        return isMap || pooling == FeaturePooling.Flatten
            ? new FeatureSource(name, pooling)
            : throw new FormatException($"'{text}' is no feature layer: {name} is a vector already, and can't be pooled.");
    }
}

/// <summary>A network has no layer of the name asked for. The message says what to use or fetch instead.</summary>
public sealed class FeatureLayerNotFoundException : ArgumentException
{
    internal FeatureLayerNotFoundException(string layerName, VggArchitecture architecture)
        : base(Explain(layerName, architecture))
    {
        LayerName = layerName;
    }

    /// <summary>The layer asked for.</summary>
    public string LayerName { get; }

    private static string Explain(string layerName, VggArchitecture architecture)
    {
        if (!architecture.IncludeTop && layerName is "fc6" or "fc7" or "logits" or "probabilities")
        {
            return $"This backbone ({architecture.DisplayName}) has no {layerName}: its dense layers aren't in the file. "
                + "Use block5_pool:avg (or let the layer be chosen with 'auto'), or give a full weights file that holds the dense layers as the backbone.";
        }

        IEnumerable<string> maps = architecture.Layers.Where(layer => layer.Kind == VggLayerKind.MaxPooling).Select(layer => layer.Name);
        string dense = architecture.IncludeTop ? ", fc6, fc7, logits, probabilities" : "";
        return $"{architecture.DisplayName} has no layer '{layerName}'. Use one of {string.Join(", ", maps)} (with :avg or :max to pool it){dense}, or a convolution such as block1_conv1.";
    }
}
