using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// The layout of Keras 1 and 2, and of Keras 3's <c>.h5</c>: <c>layer_names</c> lists the layers, each layer's group has
/// <c>weight_names</c>; at the root, or under <c>model_weights</c> beside the configuration.
/// </summary>
internal static class KerasLegacyLayers
{
    // A name that long is no network's.
    private const int MostChunks = 10_000;

    /// <summary>Whether a file has this layout.</summary>
    public static bool IsPresent(Hdf5File file) =>
        file.Root.Attributes.ContainsKey("layer_names") || file.Root.Attributes.ContainsKey("layer_names0") || file.Root.Names.Contains("model_weights");

    /// <summary>Reads the layers.</summary>
    /// <exception cref="InvalidModelFileException">A listed group or dataset is missing or a link out of the file, or the configuration is damaged.</exception>
    public static KerasContent Read(Hdf5File file, string path)
    {
        Hdf5Group group = file.Root.Find("model_weights") as Hdf5Group ?? file.Root;
        var layers = new List<Layer>();
        foreach (string name in List(file, group, "layer_names") ?? throw file.Fault("it has no list 'layer_names', so it holds no Keras model or is damaged"))
        {
            layers.Add(ReadLayer(file, group, name));
        }

        IReadOnlyList<KerasOperation>? config = file.Root.Strings("model_config") is [string json]
            ? KerasConfig.Parse(System.Text.Encoding.UTF8.GetBytes(json), path, Hdf5File.FormatName)
            : null;
        return config is null
            ? new KerasContent([.. layers.SelectMany(WithoutConfig)], HasConfig: false, ListsLayers: true)
            : new KerasContent(WithConfig(file, config, layers), HasConfig: true, ListsLayers: true);
    }

    /// <summary>An attribute of strings, in one piece or cut into <c>name0</c>, <c>name1</c>, ... for HDF5's limit of 64 KB; null where there is none.</summary>
    private static List<string>? List(Hdf5File file, Hdf5Group group, string name)
    {
        if (group.Attributes.TryGetValue(name, out Hdf5Attribute? whole))
        {
            // An empty list is stored as an empty array of numbers.
            return whole.Space.ElementCount == 0
                ? []
                : [.. whole.ReadStrings() ?? throw file.Fault($"attribute '{name}' of '{MessageText.Shorten(group.Path)}' holds {whole.Type.DisplayName} instead of names; the file is damaged")];
        }

        var all = new List<string>();
        for (int chunk = 0; chunk < MostChunks; chunk++)
        {
            if (group.Strings(name + chunk.ToString(System.Globalization.CultureInfo.InvariantCulture)) is not { } part)
            {
                return chunk == 0 ? null : all;
            }

            all.AddRange(part);
        }

        return all;
    }

    private static Layer ReadLayer(Hdf5File file, Hdf5Group model, string name)
    {
        string shown = MessageText.Shorten(name);
        if (model.Find(name) is not Hdf5Group group)
        {
            throw file.Fault($"it lists the layer '{shown}', and there is no group of that name; the file is damaged");
        }

        var parts = new List<Part>();
        foreach (string weight in List(file, group, "weight_names") ?? throw file.Fault($"layer '{shown}' has no list 'weight_names'; the file is damaged"))
        {
            if (group.Find(weight) is not Hdf5Dataset dataset)
            {
                throw file.Fault($"layer '{shown}' lists the weight '{MessageText.Shorten(weight)}', which is missing; the file is damaged");
            }

            (string key, string role) = KerasRoles.Split(weight);
            Part? part = parts.Find(known => known.Key == key);
            if (part is null)
            {
                parts.Add(part = new Part(key, []));
            }

            if (!part.Weights.TryAdd(role, dataset))
            {
                throw file.Fault($"layer '{shown}' lists the weight '{MessageText.Shorten(weight)}' twice; the file is damaged");
            }
        }

        return new Layer(name, parts);
    }

    private static IEnumerable<KerasOperation> WithoutConfig(Layer layer)
    {
        if (layer.Parts.Count == 0)
        {
            return [new KerasOperation { Name = layer.Name, Scope = "", Kind = KerasKinds.OfName(layer.Name) }];
        }

        if (layer.Parts.Count == 1)
        {
            Part part = layer.Parts[0];
            return [new KerasOperation { Name = layer.Name, Scope = "", Kind = KerasRoles.KindOf(part.Weights), Weights = part.Weights }];
        }

        // A nested model: trainable weights come first and frozen ones after them, so the names' order is the network's.
        var operations = layer.Parts
            .Select(part => new KerasOperation { Name = part.ShortName, Scope = layer.Name, Kind = KerasRoles.KindOf(part.Weights), Weights = part.Weights })
            .ToList();
        return KerasOrder.Arrange(operations);
    }

    /// <summary>Gives each layer of the configuration its weights, by name.</summary>
    private static List<KerasOperation> WithConfig(Hdf5File file, IReadOnlyList<KerasOperation> config, List<Layer> layers)
    {
        var operations = new List<KerasOperation>();
        foreach (KerasOperation operation in config)
        {
            string outermost = operation.Scope.Length == 0 ? operation.Name : operation.Scope.Split('/')[0];
            Layer? layer = layers.Find(candidate => candidate.Name == outermost);
            Part? part = layer is null ? null : Match(layer, operation);
            bool needed = operation.Kind is KerasKind.Convolution or KerasKind.Dense or KerasKind.BatchNormalization;
            if (needed && part is null)
            {
                throw file.Fault($"its configuration has the layer '{MessageText.Shorten(operation.Name)}', whose weights are missing; the file is damaged");
            }

            operations.Add(operation with { Weights = part?.Weights });
        }

        return operations;
    }

    private static Part? Match(Layer layer, KerasOperation operation)
    {
        if (operation.Scope.Length == 0)
        {
            return layer.Parts.Count == 1 ? layer.Parts[0] : null;
        }

        List<Part> named = layer.Parts.FindAll(part => part.ShortName == operation.Name);
        if (named.Count > 1)
        {
            // The same name in two nested models: the longer path tells.
            string inner = operation.Scope.Split('/')[^1] + "/" + operation.Name;
            named = named.FindAll(part => part.Key.EndsWith(inner, StringComparison.Ordinal));
        }

        if (named.Count == 0)
        {
            // TensorFlow 1 put a counter behind names that came up twice in a process.
            named = layer.Parts.FindAll(part => KerasKinds.StripCounter(part.ShortName) == operation.Name);
        }

        return named.Count == 1 ? named[0] : null;
    }

    /// <summary>A group that <c>layer_names</c> lists.</summary>
    private sealed record Layer(string Name, List<Part> Parts);

    /// <summary>The variables whose names begin alike: those of one layer.</summary>
    private sealed record Part(string Key, Dictionary<string, Hdf5Dataset> Weights)
    {
        public string ShortName => Key[(Key.LastIndexOf('/') + 1)..];
    }
}
