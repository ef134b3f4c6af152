using System.Globalization;
using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// The dense part of a state dict under torchvision's names, where it is one that a VGG can have: dense layers one behind
/// the other, the hidden ones of one width. Any other head is left out, and a note says so.
/// </summary>
internal sealed record TorchHead
{
    private const int SmallestSide = 1;
    private const int LargestSide = 128;

    // The paper's width. A head that ends in two such layers has lost its predictions.
    private const long PaperUnits = 4096;

    private const string Canonical = "classifier.";

    private sealed record Layer(string Module, TorchTensor Weight, TorchTensor Bias)
    {
        public long Outputs => Weight.Shape[0];

        public long Inputs => Weight.Shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>torchvision's name, the name in the file, and the shape in the model.</summary>
    public IReadOnlyList<(string Canonical, string Source, IReadOnlyList<int> Shape)> Tensors { get; private init; } = [];

    /// <summary>What was left out or assumed, as whole sentences.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>Finds the head.</summary>
    /// <param name="others">The tensors that aren't the convolutions', by their names without wrappers.</param>
    /// <param name="convolutions">The convolutions' shapes by torchvision's names.</param>
    public static TorchHead Find(IReadOnlyList<(string Name, TorchTensor Tensor)> others, IReadOnlyDictionary<string, IReadOnlyList<int>> convolutions)
    {
        var notes = new List<string>();
        var head = new List<(string Name, TorchTensor Tensor)>();
        foreach ((string name, TorchTensor tensor) in others)
        {
            string last = name[(name.LastIndexOf('.') + 1)..];
            if (last is "mean" or "std" or "pixel_mean" or "pixel_std")
            {
                notes.Add($"It keeps '{MessageText.Shorten(tensor.Name)}', so it probably normalises its input itself; this was left out, so normalise alike.");
            }
            else
            {
                head.Add((name, tensor));
            }
        }

        if (head.Count == 0)
        {
            return new() { Notes = notes };
        }

        long channels = convolutions.Where(pair => pair.Value.Count == 4).Select(pair => (long)pair.Value[0]).DefaultIfEmpty(0).Max();
        if (IsCanonical(head) && Literally(head) is { } literal)
        {
            return literal with { Notes = notes };
        }

        string? reason = Arrange(head, channels, notes, out List<Layer> layers);
        if (reason is not null)
        {
            string list = string.Join(", ", head.Take(4).Select(pair => $"'{MessageText.Shorten(pair.Tensor.Name)}' ({string.Join(", ", pair.Tensor.Shape.Take(8))})")) + (head.Count > 4 ? $" and {head.Count - 4:N0} more" : "");
            notes.Add($"The convolutions were read, and its own head was left out because {reason}: {list}.");
            return new() { Notes = notes };
        }

        return new()
        {
            Tensors = [.. layers.SelectMany((layer, index) => new (string, string, IReadOnlyList<int>)[]
            {
                ($"{Canonical}{3 * index}.weight", layer.Weight.Name, [(int)layer.Outputs, (int)layer.Inputs]),
                ($"{Canonical}{3 * index}.bias", layer.Bias.Name, [(int)layer.Outputs]),
            })],
            Notes = notes,
        };
    }

    /// <summary>Whether every name is one that torchvision could have: a fault in such a head is damage, not design.</summary>
    private static bool IsCanonical(List<(string Name, TorchTensor Tensor)> head) =>
        head.All(pair => Enumerable.Range(0, VggArchitecture.MostHiddenDenseLayers + 1).Any(layer => pair.Name == $"{Canonical}{3 * layer}.weight" || pair.Name == $"{Canonical}{3 * layer}.bias"));

    /// <summary>torchvision's own head as it is, whether sound or not; null where its hidden layers differ in width, or its predictions are gone.</summary>
    private static TorchHead? Literally(List<(string Name, TorchTensor Tensor)> head)
    {
        var weights = head.Where(pair => pair.Tensor.Shape.Count == 2).ToDictionary(pair => pair.Name, pair => pair.Tensor.Shape, StringComparer.Ordinal);
        if (head.Any(pair => pair.Tensor.Shape.Count > 2 || TorchNames.Narrow(pair.Tensor.Shape) is null))
        {
            return null;
        }

        long[] outputs = [.. Enumerable.Range(0, VggArchitecture.MostHiddenDenseLayers + 1).Select(layer => weights.GetValueOrDefault($"{Canonical}{3 * layer}.weight")).OfType<IReadOnlyList<long>>().Select(shape => shape[0])];
        return outputs is [PaperUnits, PaperUnits] || outputs.SkipLast(1).Distinct().Count() > 1
            ? null
            : new() { Tensors = [.. head.Select(pair => (pair.Name, pair.Tensor.Name, (IReadOnlyList<int>)TorchNames.Narrow(pair.Tensor.Shape)!))] };
    }

    /// <summary>Puts the layers in order.</summary>
    /// <returns>Why they aren't a VGG's head, as the rest of a sentence without a full stop; null where they are.</returns>
    private static string? Arrange(List<(string Name, TorchTensor Tensor)> head, long channels, List<string> notes, out List<Layer> layers)
    {
        layers = [];
        foreach (IGrouping<string, (string Name, TorchTensor Tensor)> module in head.GroupBy(pair => pair.Name[..Math.Max(0, pair.Name.LastIndexOf('.'))], StringComparer.Ordinal))
        {
            TorchTensor? weight = Member(module, "weight");
            TorchTensor? bias = Member(module, "bias");
            if (weight is null || bias is null || module.Count() != 2
                || weight.Shape.Count is not (2 or 4)
                || !weight.Shape.All(dimension => dimension is >= 1 and <= 1 << 20)
                || !bias.Shape.SequenceEqual([weight.Shape[0]]))
            {
                return $"'{MessageText.Shorten(module.First().Name)}' isn't of a dense layer with a bias";
            }

            layers.Add(new Layer(module.Key, weight, bias));
        }

        if (layers.Count > VggArchitecture.MostHiddenDenseLayers + 1)
        {
            return $"it has {layers.Count:N0} layers, and at most {VggArchitecture.MostHiddenDenseLayers + 1} are supported";
        }

        // PyTorch keeps the order in which layers were made, safetensors doesn't.
        List<Layer> inFileOrder = layers;
        List<Layer> byName = [.. layers.OrderBy(layer => layer.Module, StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.NumericOrdering))];
        List<Layer> bySize = Chain(byName, channels, []) ?? byName;
        string? reason = Check(inFileOrder, channels);
        string? reasonBySize = Check(bySize, channels);
        layers = reason is null ? inFileOrder : bySize;
        if (reason is not null && reasonBySize is not null)
        {
            return reasonBySize;
        }

        if (reason is null && reasonBySize is null && !inFileOrder.SequenceEqual(bySize))
        {
            return "the order of its layers isn't clear";
        }

        Describe(layers, channels, notes);
        return null;
    }

    /// <summary>Orders layers so that each takes what the one before gives, and else as they come; null where that can't be.</summary>
    private static List<Layer>? Chain(List<Layer> layers, long channels, List<Layer> chosen)
    {
        if (chosen.Count == layers.Count)
        {
            return chosen;
        }

        return layers
            .Where(layer => !chosen.Contains(layer) && (chosen.Count == 0 ? IsFirst(layer, channels) : layer.Inputs == chosen[^1].Outputs))
            .Select(layer => Chain(layers, channels, [.. chosen, layer]))
            .FirstOrDefault(chain => chain is not null);
    }

    private static bool IsFirst(Layer layer, long channels)
    {
        long side = Side(layer, channels);
        return side is >= SmallestSide and <= LargestSide && side * side * channels == layer.Inputs;
    }

    private static TorchTensor? Member(IEnumerable<(string Name, TorchTensor Tensor)> module, string kind) =>
        module.FirstOrDefault(pair => pair.Name == kind || pair.Name.EndsWith("." + kind, StringComparison.Ordinal)).Tensor;

    private static string? Check(List<Layer> layers, long channels)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            Layer layer = layers[i];
            bool fits = i == 0 ? IsFirst(layer, channels) : layer.Inputs == layers[i - 1].Outputs;

            // timm writes the first layer as a convolution as large as the map, the next as one of 1x1.
            if (layer.Weight.Shape.Count == 4 && (layer.Weight.Shape[1] != (i == 0 ? channels : layers[i - 1].Outputs) || layer.Weight.Shape[2] != layer.Weight.Shape[3]))
            {
                fits = false;
            }

            if (!fits)
            {
                return $"'{MessageText.Shorten(layer.Module)}' takes {layer.Inputs:N0} inputs, and {(i == 0 ? $"a square map of {channels:N0} channels" : $"{layers[i - 1].Outputs:N0} outputs")} came before it";
            }

            if (i > 0 && Gap(layers[i - 1].Module, layer.Module) == 1)
            {
                return $"no activation can stand between '{MessageText.Shorten(layers[i - 1].Module)}' and '{MessageText.Shorten(layer.Module)}'";
            }
        }

        if (layers.SkipLast(1).Select(layer => layer.Outputs).Distinct().Count() > 1)
        {
            return "its hidden layers differ in width";
        }

        return layers is [{ Outputs: PaperUnits }, { Outputs: PaperUnits }] && layers[0].Module is Canonical + "0" or "pre_logits.fc1"
            ? "its layer of predictions is gone"
            : null;
    }

    private static long Side(Layer first, long channels) => channels == 0 ? 0 : (long)Math.Round(Math.Sqrt((double)first.Inputs / channels));

    /// <summary>How far apart two numbered modules of one list are; 0 where they aren't such.</summary>
    private static int Gap(string first, string second)
    {
        int dot = second.LastIndexOf('.');
        return first.LastIndexOf('.') == dot
            && first.AsSpan(0, dot + 1).SequenceEqual(second.AsSpan(0, dot + 1))
            && int.TryParse(first.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            && int.TryParse(second.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int to)
            ? to - from
            : 0;
    }

    private static void Describe(List<Layer> layers, long channels, List<string> notes)
    {
        string modules = string.Join(", ", layers.Select(layer => MessageText.Shorten(layer.Module)));
        bool isTimm = layers.Count == 3 && layers[0].Module.EndsWith("pre_logits.fc1", StringComparison.Ordinal) && layers[1].Module.EndsWith("pre_logits.fc2", StringComparison.Ordinal);
        if (layers.Count > 1 && !isTimm)
        {
            notes.Add($"Its dense layers are {modules}; ReLU between them is assumed, as in every VGG.");
        }

        if (Side(layers[0], channels) == 1)
        {
            notes.Add($"Its first dense layer ({MessageText.Shorten(layers[0].Module)}) takes one number for each channel: its images are 32x32 pixels, or it averages over larger maps, which isn't known here.");
        }
    }
}
