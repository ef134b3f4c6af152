using System.Text.RegularExpressions;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>What a variable is to its layer.</summary>
internal enum WeightRole
{
    Kernel,
    Bias,
    Gamma,
    Beta,
    MovingMean,
    MovingVariance,

    /// <summary>Something that no layer of a VGG has.</summary>
    Unknown,
}

/// <summary>A layer that a checkpoint saved.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Keys">The keys of its variables; none for pools, activations and the like.</param>
internal sealed record CheckpointLayer(string Name, IReadOnlyDictionary<WeightRole, string> Keys);

/// <summary>The layers of a checkpoint in the network's order.</summary>
/// <param name="Layers">The layers, nested models laid out flat.</param>
/// <param name="ListsAll">Whether layers without weights are among them.</param>
internal sealed partial record CheckpointLayers(IReadOnlyList<CheckpointLayer> Layers, bool ListsAll)
{
    private const string ValueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";
    private const int DeepestModel = 32;

    // More than any VGG has, its nested forms and heads included; a graph may name one layer many times over.
    private const int MaximumLayers = 10_000;

    /// <summary>By the checkpoint's graph of objects, or where it has none (TensorFlow 1), by the names of its variables.</summary>
    /// <exception cref="FormatException">The order can't be told.</exception>
    public static CheckpointLayers Of(IReadOnlyList<ObjectNode> graph, IReadOnlyDictionary<string, BundleEntry> entries) => FromGraph(graph) ?? FromNames(entries);

    /// <summary>Whether a key is one of an optimiser's state rather than of a model.</summary>
    public static bool IsOptimizerState(string key) => OptimizerKey().IsMatch(key);

    private static CheckpointLayers? FromGraph(IReadOnlyList<ObjectNode> graph)
    {
        CheckpointLayers? first = null;
        var seen = new HashSet<int>();
        var queue = new Queue<int>([0]);
        while (queue.TryDequeue(out int id))
        {
            if (id < 0 || id >= graph.Count || !seen.Add(id))
            {
                continue;
            }

            if (Children(graph[id]) is { Count: > 0 })
            {
                var layers = new List<CheckpointLayer>();
                bool listsAll = true;
                AddModel(graph, id, layers, ref listsAll, depth: 0);
                var found = new CheckpointLayers(layers, listsAll);
                first ??= found;
                if (layers.Count(layer => layer.Keys.ContainsKey(WeightRole.Kernel)) >= 8)
                {
                    return found;
                }
            }

            foreach (int child in graph[id].Children.Values)
            {
                queue.Enqueue(child);
            }
        }

        return first;
    }

    /// <summary>A Keras model's layers in order, and whether those without weights are listed; null of another object.</summary>
    private static List<int>? Children(ObjectNode node)
    {
        foreach (string prefix in new[] { "layer-", "layer_with_weights-" })
        {
            var children = new List<int>();
            while (node.Children.TryGetValue($"{prefix}{children.Count}", out int child))
            {
                children.Add(child);
            }

            if (children.Count > 0)
            {
                return children;
            }
        }

        return null;
    }

    private static void AddModel(IReadOnlyList<ObjectNode> graph, int id, List<CheckpointLayer> layers, ref bool listsAll, int depth)
    {
        if (depth > DeepestModel)
        {
            throw new FormatException("its models are nested too deep; it is damaged");
        }

        listsAll &= graph[id].Children.ContainsKey("layer-0");
        foreach (int child in Children(graph[id])!)
        {
            if (child < 0 || child >= graph.Count || layers.Count >= MaximumLayers)
            {
                throw new FormatException("its graph of objects names an object that isn't there, or too many; it is damaged");
            }

            if (Children(graph[child]) is { Count: > 0 })
            {
                AddModel(graph, child, layers, ref listsAll, depth + 1);
            }
            else
            {
                layers.Add(Layer(graph, child));
            }
        }
    }

    private static CheckpointLayer Layer(IReadOnlyList<ObjectNode> graph, int id)
    {
        var keys = new Dictionary<WeightRole, string>();
        string name = $"object {id}";
        foreach ((string attribute, int child) in graph[id].Children)
        {
            if (child >= 0 && child < graph.Count && graph[child] is { Key: { } key } variable)
            {
                keys[RoleOf(attribute)] = key;
                string full = variable.FullName ?? key;
                name = full.LastIndexOf('/') is > 0 and var slash ? full[..slash] : full;
            }
        }

        return new CheckpointLayer(name, keys);
    }

    private static CheckpointLayers FromNames(IReadOnlyDictionary<string, BundleEntry> entries)
    {
        var layers = new Dictionary<string, Dictionary<WeightRole, string>>(StringComparer.Ordinal);
        foreach (string key in entries.Keys.Where(key => !IsOptimizerState(key)))
        {
            string name = key.EndsWith(ValueSuffix, StringComparison.Ordinal) ? key[..^ValueSuffix.Length] : key;
            int slash = name.LastIndexOf('/');
            if (slash > 0 && RoleOf(name[(slash + 1)..]) is not WeightRole.Unknown and var role)
            {
                if (!layers.TryGetValue(name[..slash], out Dictionary<WeightRole, string>? roles))
                {
                    layers.Add(name[..slash], roles = []);
                }

                roles[role] = key;
            }
        }

        List<string> OfRole(WeightRole role, Func<string, bool> wanted) =>
            Ordered(layers.Where(layer => layer.Value.TryGetValue(role, out string? key) && wanted(key)).Select(layer => layer.Key));
        List<string> convolutions = OfRole(WeightRole.Kernel, key => entries[key].Shape?.Count == 4);
        List<string> dense = OfRole(WeightRole.Kernel, key => entries[key].Shape?.Count != 4);
        List<string> norms = OfRole(WeightRole.MovingMean, _ => true);
        CheckNumbered(convolutions);
        CheckNumbered(dense);
        CheckNumbered(norms);
        var ordered = new List<CheckpointLayer>();
        for (int i = 0; i < convolutions.Count; i++)
        {
            ordered.Add(new CheckpointLayer(convolutions[i], layers[convolutions[i]]));
            if (i < norms.Count)
            {
                ordered.Add(new CheckpointLayer(norms[i], layers[norms[i]]));
            }
        }

        ordered.AddRange(dense.Select(name => new CheckpointLayer(name, layers[name])));
        return new CheckpointLayers(ordered, ListsAll: false);
    }

    /// <summary>Names without numbers don't tell an order: at most the first of a kind, and the last layer, may lack one.</summary>
    private static void CheckNumbered(List<string> names)
    {
        if (names.Count(name => !name.Any(char.IsAsciiDigit)) > 3)
        {
            throw new FormatException("it has no graph of objects, and the names of its variables don't tell the order of the layers; save the model with TensorFlow 2, or as .keras");
        }
    }

    private static WeightRole RoleOf(string attribute) => attribute.TrimStart('_') switch
    {
        "kernel" or "weights" or "W" or "w" => WeightRole.Kernel,
        "bias" or "biases" or "b" => WeightRole.Bias,
        "gamma" => WeightRole.Gamma,
        "beta" => WeightRole.Beta,
        "moving_mean" => WeightRole.MovingMean,
        "moving_variance" => WeightRole.MovingVariance,
        _ => WeightRole.Unknown,
    };

    // TensorFlow 2 keeps slots under the variable, optimisers' own variables under their attribute; TensorFlow 1 names slots
    // after the optimiser. Averages of weights have the weights' shapes and aren't the weights.
    [GeneratedRegex(@"/\.OPTIMIZER_SLOT/|^(optimizer|opt|_?optimizer.*|training|Adam|SGD|RMSprop|save_counter|global_step|beta[12]_power)(/|\z)|/(optimizer|_optimizer)/|/(Momentum|Adam(_[0-9]+)?|RMSProp(_[0-9]+)?|Adagrad|Ftrl(_[0-9]+)?|ExponentialMovingAverage)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex OptimizerKey();

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    /// <summary>Names with numbers in them in the order that people mean: <c>conv2d</c>, <c>conv2d_2</c>, <c>conv2d_10</c>.</summary>
    private static List<string> Ordered(IEnumerable<string> names) =>
        [.. names.OrderBy(name => Digits().Replace(name, match => match.Value.PadLeft(12, '0')), StringComparer.Ordinal)];
}
