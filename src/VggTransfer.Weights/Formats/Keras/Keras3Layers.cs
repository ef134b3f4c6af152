using System.Globalization;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// The layout of Keras 3's <c>.weights.h5</c>, and of the file inside a <c>.keras</c> archive: a group for each layer, named
/// by its class and a counter within its model, with numbered variables under <c>vars</c>.
/// </summary>
internal static class Keras3Layers
{
    private const string Variables = "vars";
    private const int DeepestModel = 32;

    // What isn't a layer: the optimiser's state, metrics, random generators.
    private static readonly HashSet<string> s_notLayers = new(StringComparer.Ordinal) { "optimizer", "metrics", "seed_generator", "loss_tracker", "compile_metrics", "_compile_metrics" };

    private static readonly KerasKind[] s_weighted = [KerasKind.Convolution, KerasKind.Dense, KerasKind.BatchNormalization];

    /// <summary>Reads the layers.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">The configuration's layers; null in a weights-only file.</param>
    /// <exception cref="InvalidModelFileException">It has another layout, or contradicts the configuration.</exception>
    public static KerasContent Read(Hdf5File file, IReadOnlyList<KerasOperation>? config)
    {
        var nodes = new List<Node>();
        Collect(file, file.Root, scope: "", depth: 0, nodes);
        if (!nodes.Exists(node => node.Numbered.Count > 0))
        {
            throw file.Fault("it has neither 'layer_names' nor layers with 'vars', so it holds no weights that Keras saved");
        }

        return config is null ? WithoutConfig(file, nodes) : new KerasContent(WithConfig(file, config, nodes), HasConfig: true, ListsLayers: true);
    }

    private static void Collect(Hdf5File file, Hdf5Group group, string scope, int depth, List<Node> nodes)
    {
        if (depth > DeepestModel)
        {
            throw file.Fault("its models are nested too deep; the file is damaged");
        }

        // Keras 3 and tf_keras say 'layers', Keras 2.12 to 2.15 '_layer_checkpoint_dependencies' and the like.
        foreach (string container in group.Names.Where(name => name != Variables && !s_notLayers.Contains(name)))
        {
            if (group.Find(container) is not Hdf5Group inside)
            {
                continue;
            }

            foreach (string name in inside.Names.Where(name => !s_notLayers.Contains(name)).Order(KerasNames.Order))
            {
                if (inside.Find(name) is not Hdf5Group layer || !layer.Names.Contains(Variables) || layer.Find(Variables) is not Hdf5Group variables)
                {
                    continue;
                }

                var node = new Node(name, scope, variables.Strings("name") is [string trueName] ? trueName : name, Numbered(file, variables));
                nodes.Add(node);
                if (node.Numbered.Count == 0)
                {
                    Collect(file, layer, scope.Length == 0 ? name : $"{scope}/{name}", depth + 1, nodes);
                }
            }
        }
    }

    private static List<Hdf5Dataset> Numbered(Hdf5File file, Hdf5Group variables)
    {
        var numbered = new List<Hdf5Dataset>();
        foreach (string name in variables.Names.Order(KerasNames.Order))
        {
            if (name != numbered.Count.ToString(CultureInfo.InvariantCulture) || variables.Find(name) is not Hdf5Dataset dataset)
            {
                throw file.Fault($"'{MessageText.Shorten(variables.Path)}' should hold variables numbered from 0, and holds '{MessageText.Shorten(name)}'; the file is damaged");
            }

            numbered.Add(dataset);
        }

        return numbered;
    }

    private static KerasContent WithoutConfig(Hdf5File file, List<Node> nodes)
    {
        List<KerasOperation> operations = [.. nodes
            .Where(node => node.Kind != KerasKind.Other || node.Numbered.Count > 0)
            .Select(node => Operation(file, node))];
        string[] scopes = [.. operations.Where(operation => operation.Kind == KerasKind.Convolution).Select(operation => operation.Scope).Distinct()];
        if (scopes.Length > 1 && !scopes.All(scope => KerasKinds.StripCounter(scope) == KerasKinds.StripCounter(scopes[0])))
        {
            throw file.Fault("its convolutions lie in several nested models, in an order that the file doesn't say; save the whole model as .keras");
        }

        // A base is named before the layers behind it are; within a model, only the order of a class is known.
        var arranged = new List<KerasOperation>();
        foreach (string scope in scopes.Order(KerasNames.Order))
        {
            List<KerasOperation> own = operations.FindAll(operation => operation.Scope == scope);
            arranged.AddRange(KerasOrder.Arrange(own.FindAll(operation => operation.Weights is not null && operation.Kind != KerasKind.Dense)));
        }

        string outer = operations.Exists(operation => operation.Kind == KerasKind.Dense) ? operations.Find(operation => operation.Kind == KerasKind.Dense)!.Scope : "";
        arranged.AddRange(operations.FindAll(operation => !scopes.Contains(operation.Scope) && operation.Kind is not (KerasKind.Dense or KerasKind.Flatten or KerasKind.GlobalPooling) && operation.Weights is not null));
        arranged.AddRange(operations.FindAll(operation => operation.Kind is KerasKind.Flatten or KerasKind.GlobalPooling));
        arranged.AddRange(operations.FindAll(operation => operation.Kind == KerasKind.Dense && operation.Scope != outer));
        arranged.AddRange(operations.FindAll(operation => operation.Kind == KerasKind.Dense && operation.Scope == outer));
        int pools = operations.Count(operation => operation.Kind == KerasKind.MaxPooling && scopes.Contains(operation.Scope));
        if (operations.Exists(operation => operation.Kind == KerasKind.BatchNormalization && scopes.Contains(operation.Scope)) && nodes.Exists(node => node.Class == "max_pooling2d") && !operations.Exists(operation => operation.Kind == KerasKind.Activation))
        {
            throw file.Fault("its activations are part of its convolutions and so come before batch norm, and a VGG's come after; that isn't supported");
        }

        return new KerasContent(arranged, HasConfig: false, ListsLayers: false) { PoolCount = pools };
    }

    private static KerasOperation Operation(Hdf5File file, Node node)
    {
        if (node.Numbered.Count == 0)
        {
            return new KerasOperation { Name = node.Name, Scope = node.Scope, Kind = node.Kind };
        }

        IReadOnlyDictionary<string, Hdf5Dataset>? weights = KerasRoles.OfNumbers(node.Kind, node.Numbered, hasGamma: true, hasBeta: true);
        if (weights is null && node.Kind == KerasKind.BatchNormalization)
        {
            throw file.Fault($"batch norm '{MessageText.Shorten(node.Name)}' has {node.Numbered.Count} variables, and which of its four is missing only a whole model says; save it as .keras");
        }

        return weights is null
            ? new KerasOperation { Name = node.Name, Scope = node.Scope, Kind = KerasKind.Other, Weights = node.Numbered.Select((dataset, i) => (dataset, i)).ToDictionary(pair => pair.i.ToString(CultureInfo.InvariantCulture), pair => pair.dataset) }
            : new KerasOperation { Name = node.Name, Scope = node.Scope, Kind = node.Kind, Weights = weights };
    }

    /// <summary>Gives each layer of the configuration its variables: the n-th of a class in a model is the group with the n-th counter.</summary>
    private static List<KerasOperation> WithConfig(Hdf5File file, IReadOnlyList<KerasOperation> config, List<Node> nodes)
    {
        var operations = new List<KerasOperation>();
        var taken = new Dictionary<(string Scope, KerasKind Kind), int>();
        string[] configScopes = [.. config.Select(operation => operation.Scope).Distinct()];
        Dictionary<string, string> groups = Scopes(configScopes, config, nodes);
        foreach (KerasOperation operation in config)
        {
            if (operation.Kind is not (KerasKind.Convolution or KerasKind.Dense or KerasKind.BatchNormalization))
            {
                operations.Add(operation);
                continue;
            }

            string? group = groups.GetValueOrDefault(operation.Scope);
            List<Node> same = nodes.FindAll(node => node.Scope == group && node.Kind == operation.Kind);
            int index = taken.GetValueOrDefault((operation.Scope, operation.Kind));
            taken[(operation.Scope, operation.Kind)] = index + 1;

            // Names are Keras's own word where they are there; tf_keras writes none.
            Node? node = same.Find(candidate => candidate.Name == operation.Name && candidate.Name != candidate.Group) ?? same.ElementAtOrDefault(index);
            IReadOnlyDictionary<string, Hdf5Dataset>? weights = node is null ? null : KerasRoles.OfNumbers(
                operation.Kind,
                node.Numbered,
                KerasSettings.Flag(operation, "scale") ?? true,
                KerasSettings.Flag(operation, "center") ?? true);
            operations.Add(operation with
            {
                Weights = weights ?? throw file.Fault($"its configuration has the layer '{MessageText.Shorten(operation.Name)}', whose weights are missing or of another number; the file is damaged"),
            });
        }

        return operations;
    }

    /// <summary>Which group each model of the configuration is saved in: by its name, or where none is saved, by the layers in it.</summary>
    private static Dictionary<string, string> Scopes(string[] configScopes, IReadOnlyList<KerasOperation> config, List<Node> nodes)
    {
        var groups = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        string[] saved = [.. nodes.Select(node => node.Scope).Where(scope => scope.Length > 0).Distinct()];
        foreach (string scope in configScopes.Where(scope => scope.Length > 0))
        {
            string name = scope[(scope.LastIndexOf('/') + 1)..];
            Node? named = nodes.Find(node => node.Name == name && node.Name != node.Group && saved.Contains(Path(node)));
            string? group = named is not null
                ? Path(named)
                : saved.FirstOrDefault(candidate => !groups.ContainsValue(candidate) && s_weighted.All(kind =>
                    config.Count(operation => operation.Scope == scope && operation.Kind == kind) == nodes.Count(node => node.Scope == candidate && node.Kind == kind)));
            if (group is not null)
            {
                groups[scope] = group;
            }
        }

        return groups;
    }

    private static string Path(Node node) => node.Scope.Length == 0 ? node.Group : $"{node.Scope}/{node.Group}";

    /// <summary>A layer's group.</summary>
    /// <param name="Group">The group's name: class and counter.</param>
    /// <param name="Scope">The groups of the models around it.</param>
    /// <param name="Name">The layer's own name, where the file says it; else the group's.</param>
    /// <param name="Numbered">Its variables.</param>
    private sealed record Node(string Group, string Scope, string Name, List<Hdf5Dataset> Numbered)
    {
        public string Class => KerasKinds.StripCounter(Group);

        public KerasKind Kind => KerasKinds.OfName(Group);
    }
}
