namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>A dictionary of tensors within a file.</summary>
/// <param name="Path">The keys that lead to it, such as <c>checkpoint.state_dict</c>; empty for the file's own object.</param>
/// <param name="Tensors">Its tensors by name.</param>
internal sealed record StateDict(string Path, IReadOnlyDictionary<string, PyTorchTensor> Tensors);

/// <summary>Finds the dictionaries of tensors in a checkpoint, wherever its author put them.</summary>
internal static class StateDictSearch
{
    private const int MaximumDepth = 8;
    private const int MaximumFound = 100;

    // Below these keys are an optimiser's averages, which have the shapes of weights, and other things that aren't weights.
    private static readonly string[] s_notWeights = ["optim", "momentum", "exp_avg", "grad", "scheduler", "scaler"];

    /// <summary>What people call the dictionary with the weights, the first being the surest.</summary>
    private static readonly string[] s_names =
        ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module", "vgg", "backbone", "encoder", "state"];

    /// <summary>All dictionaries of tensors, outermost first.</summary>
    public static IReadOnlyList<StateDict> Find(object? root)
    {
        var found = new List<StateDict>();
        if (root is PickleDictionary dictionary)
        {
            Visit(dictionary, "", 0, found, new HashSet<PickleDictionary>(ReferenceEqualityComparer.Instance));
        }

        return found;
    }

    /// <summary>How sure a dictionary's place is to hold the weights; the lowest is the surest.</summary>
    public static int Rank(StateDict stateDict)
    {
        int index = Array.IndexOf(s_names, stateDict.Path[(stateDict.Path.LastIndexOf('.') + 1)..]);
        return stateDict.Path.Length == 0 ? -1 : index < 0 ? s_names.Length : index;
    }

    private static void Visit(PickleDictionary dictionary, string path, int depth, List<StateDict> found, HashSet<PickleDictionary> visited)
    {
        // A dictionary may contain itself.
        if (depth > MaximumDepth || found.Count == MaximumFound || !visited.Add(dictionary))
        {
            return;
        }

        var tensors = new Dictionary<string, PyTorchTensor>(StringComparer.Ordinal);
        AddTensors(dictionary, "", tensors);

        // Saved part by part: {'features': model.features.state_dict(), 'classifier': ...}.
        bool inParts = dictionary.Entries.GetValueOrDefault("features") is PickleDictionary;
        foreach ((string key, object? value) in dictionary.Entries)
        {
            if (inParts && value is PickleDictionary part && !HoldsNoWeights(key))
            {
                AddTensors(part, key + ".", tensors);
            }
        }

        if (tensors.Count > 0)
        {
            found.Add(new StateDict(path, tensors));
        }

        foreach ((string key, object? value) in dictionary.Entries)
        {
            if (value is PickleDictionary inner && !inParts && !HoldsNoWeights(key))
            {
                Visit(inner, path.Length == 0 ? key : $"{path}.{key}", depth + 1, found, visited);
            }
        }
    }

    private static void AddTensors(PickleDictionary dictionary, string prefix, Dictionary<string, PyTorchTensor> tensors)
    {
        foreach ((string key, object? value) in dictionary.Entries)
        {
            if (value is PyTorchTensor tensor)
            {
                tensors[prefix + key] = tensor;
            }
        }
    }

    private static bool HoldsNoWeights(string key) => s_notWeights.Any(part => key.Contains(part, StringComparison.OrdinalIgnoreCase));
}
