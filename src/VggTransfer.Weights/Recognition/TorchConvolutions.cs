using System.Globalization;
using System.Text.RegularExpressions;
using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>The convolutional part of a state dict, and everything else in it.</summary>
internal sealed partial record TorchConvolutions
{
    // Steps that batch norm has counted in training; inference has no use for them.
    private const string StepCounter = "num_batches_tracked";

    private const string Features = "features.";

    // Modules that only wrap another: DataParallel, torch.compile, FSDP, activation checkpointing.
    private static readonly string[] s_wrappers = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    /// <summary>By torchvision's names (<c>features.0.weight</c>), with the names in the file.</summary>
    public IReadOnlyDictionary<string, TorchTensor> Tensors { get; private init; } = new Dictionary<string, TorchTensor>();

    /// <summary>The rest, without the names' wrappers; the order is the file's.</summary>
    public IReadOnlyList<(string Name, TorchTensor Tensor)> Others { get; private init; } = [];

    /// <summary>Why the convolutions can't be told, as the rest of a sentence without a full stop; null where they can.</summary>
    public string? Fault { get; private init; }

    /// <summary>Whether there are any convolutions that could be a VGG's.</summary>
    public bool Found { get; private init; }

    /// <summary>Finds the list of modules that begins with a convolution: <c>features</c>, whatever stands in front of it, or the only such list.</summary>
    public static TorchConvolutions Find(IReadOnlyList<TorchTensor> tensors)
    {
        var named = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        foreach (TorchTensor tensor in tensors)
        {
            string[] segments = tensor.Name.Split('.');
            string name = string.Join('.', segments.Where(segment => !s_wrappers.Contains(segment)));
            if (segments[^1] != StepCounter && !named.TryAdd(name, tensor))
            {
                return new() { Found = true, Fault = $"it has two tensors for '{MessageText.Shorten(name)}', with and without a wrapper's name; save the state dict of one network" };
            }
        }

        string[] lists =
        [
            .. named
                .Where(pair => pair.Key.EndsWith("0.weight", StringComparison.Ordinal) && pair.Value.Shape.Count == 4)
                .Select(pair => ListItem().Match(pair.Key))
                .Where(match => match.Success && match.Groups["index"].Value == "0")
                .Select(match => match.Groups["list"].Value),
        ];
        string[] usual = [.. lists.Where(list => list == Features || list.EndsWith("." + Features, StringComparison.Ordinal))];
        if (usual.Length == 0)
        {
            // Any other list must at least begin with three colours.
            usual = [.. lists.Where(list => named[list + "0.weight"].Shape[1] == 3)];
        }

        return usual.Length switch
        {
            1 => Split(named, usual[0]),
            0 => FromBlockNames(named) ?? new() { Fault = $"none of its {named.Count:N0} tensors is a convolution of a VGG under PyTorch's names ('features.0.weight' and so on)" },
            _ => new() { Found = true, Fault = $"it holds several networks, under '{MessageText.Shorten(usual[0])}' and '{MessageText.Shorten(usual[1])}'; save the state dict of the one that is meant" },
        };
    }

    [GeneratedRegex(@"^(?<list>(?:[^.]+\.)*)(?<index>0|[1-9][0-9]{0,2})\.(?<kind>weight|bias|running_mean|running_var)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ListItem();

    [GeneratedRegex(@"^(?<prefix>(?:[^.]+\.)*)(?:conv(?<block>[1-5])_(?<number>[1-4])|block(?<block>[1-5])_conv(?<number>[1-4]))\.(?<kind>weight|bias)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex BlockItem();

    private static TorchConvolutions Split(Dictionary<string, TorchTensor> named, string list)
    {
        var convolutions = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        var others = new List<(string, TorchTensor)>();

        // One Sequential of everything: its dense layers are numbered after the convolutions.
        int firstDense = named
            .Where(pair => pair.Value.Shape.Count == 2)
            .Select(pair => ListItem().Match(pair.Key))
            .Where(match => match.Success && match.Groups["list"].Value == list)
            .Select(match => int.Parse(match.Groups["index"].ValueSpan, CultureInfo.InvariantCulture))
            .DefaultIfEmpty(int.MaxValue)
            .Min();
        foreach ((string name, TorchTensor tensor) in named)
        {
            Match match = ListItem().Match(name);
            bool inList = match.Success && match.Groups["list"].Value == list;
            if (inList && int.Parse(match.Groups["index"].ValueSpan, CultureInfo.InvariantCulture) < firstDense)
            {
                convolutions.Add(Features + name[list.Length..], tensor);
            }
            else if (!inList && list.Length > 0 && name.StartsWith(list, StringComparison.Ordinal))
            {
                return new() { Found = true, Fault = $"it has a tensor '{MessageText.Shorten(tensor.Name)}' among its convolutions, which no VGG has" };
            }
            else
            {
                others.Add((name, tensor));
            }
        }

        return new() { Found = true, Tensors = convolutions, Others = others };
    }

    /// <summary>The names of the paper's layers, which ports from Caffe and Keras keep: conv1_1, block1_conv1.</summary>
    private static TorchConvolutions? FromBlockNames(Dictionary<string, TorchTensor> named)
    {
        var found = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        var others = new List<(string, TorchTensor)>();
        foreach ((string name, TorchTensor tensor) in named)
        {
            Match match = BlockItem().Match(name);
            if (!match.Success)
            {
                others.Add((name, tensor));
            }
            else if (!found.TryAdd($"block{match.Groups["block"].Value}_conv{match.Groups["number"].Value}.{match.Groups["kind"].Value}", tensor))
            {
                return null;
            }
        }

        // Anything but dense layers beside them (batch norm, say) could stand between the convolutions.
        if (found.Count == 0 || others.Any(other => !DenseName().IsMatch(other.Item1)))
        {
            return null;
        }

        foreach (VggConfiguration configuration in Enum.GetValues<VggConfiguration>())
        {
            VggLayer[] layers = [.. new VggArchitecture { Configuration = configuration, IncludeTop = false }.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution)];
            if (found.Count == 2 * layers.Length
                && layers.All(layer => found.TryGetValue($"{layer.Name}.weight", out TorchTensor? weight) && weight.Shape.Count == 4 && weight.Shape[2] == layer.KernelSize && found.ContainsKey($"{layer.Name}.bias")))
            {
                return new()
                {
                    Found = true,
                    Tensors = found.ToDictionary(pair => layers.First(layer => pair.Key.StartsWith(layer.Name + ".", StringComparison.Ordinal)).TorchName + pair.Key[pair.Key.IndexOf('.', StringComparison.Ordinal)..], pair => pair.Value, StringComparer.Ordinal),
                    Others = others,
                };
            }
        }

        return null;
    }

    [GeneratedRegex(@"^(?:[^.]+\.)*(?:fc|predictions|classifier)[0-9]{0,2}\.(?:weight|bias)\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DenseName();
}
