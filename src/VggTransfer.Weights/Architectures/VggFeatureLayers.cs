namespace VggTransfer.Architectures;

/// <summary>What can be taken as features of a VGG: the outputs of convolutions and pools, pooled or not, and of dense layers.</summary>
public static class VggFeatureLayers
{
    /// <summary>Reads the written form of a VGG's layers. Keras's names for the dense layers are as welcome as the paper's.</summary>
    /// <param name="text">As <see cref="FeatureLayer.Parse(string)"/> reads it.</param>
    /// <exception cref="FormatException">No VGG has such a layer; the message says what to use instead.</exception>
    public static FeatureLayer Parse(string text) => FeatureLayer.Parse(text, part =>
    {
        var given = FeatureSource.Parse(part);
        string name = given.LayerName switch
        {
            "fc1" => "fc6",
            "fc2" => "fc7",
            "predictions" => "probabilities",
            _ => given.LayerName,
        };
        bool isMap = name.StartsWith("block", StringComparison.Ordinal);
        if (!isMap && name is not ("fc6" or "fc7" or "logits" or "probabilities"))
        {
            throw new FormatException($"'{part}' is no feature layer: use fc6, fc7, logits, probabilities, or a map such as block5_pool, block5_pool:avg or block5_pool:max; normalise with :l2 or :hellinger behind it; join several with '+'.");
        }

        FeatureSource source = given with { LayerName = name };
        return isMap || source.Pooling == FeaturePooling.Flatten ? source : throw new FormatException(ExplainVector(source));
    });

    /// <summary>The length of the feature vector.</summary>
    /// <param name="layer">What is taken as features.</param>
    /// <param name="architecture">The network; its input size counts for flattened maps.</param>
    /// <exception cref="FeatureLayerNotFoundException">The network has no such layer.</exception>
    public static int Dimension(this FeatureLayer layer, VggArchitecture architecture) => layer.Sources.Sum(source =>
    {
        VggShape shape = Locate(source, architecture).Output;
        return source.Pooling == FeaturePooling.Flatten ? shape.ElementCount : shape.Channels;
    });

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
        VggLayer located = architecture.Layers.FirstOrDefault(layer => layer.Name == name && IsReadable(layer))
            ?? throw new FeatureLayerNotFoundException(source.LayerName, Explain(source.LayerName, architecture));
        return located.Output.IsVector && source.Pooling != FeaturePooling.Flatten
            ? throw new FeatureLayerNotFoundException(source.LayerName, ExplainVector(source))
            : located;
    }

    /// <summary>Whether a source reads the classes' probabilities, which are the last layer's softmax.</summary>
    internal static bool IsProbabilities(FeatureSource source) => source.LayerName is "probabilities" or "predictions";

    /// <summary>Whether a source reads the classes' logits, the only values that may be below 0.</summary>
    internal static bool IsLogits(FeatureSource source) => source.LayerName == "logits";

    private static bool IsReadable(VggLayer layer) =>
        layer.Kind is VggLayerKind.Convolution or VggLayerKind.MaxPooling or VggLayerKind.Dense;

    private static string ExplainVector(FeatureSource source) => $"'{source}' is no feature layer: {source.LayerName} is a vector already, and can't be pooled.";

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
