using System.Diagnostics.CodeAnalysis;
using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>A tensor of a file that came from PyTorch, by the name that it has there.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Shape">The dimensions, outermost first, as the file claims them.</param>
internal sealed record TorchTensor(string Name, IReadOnlyList<long> Shape);

/// <summary>
/// Which tensor of a file is which of a VGG: the one place that knows how people name them in PyTorch (torchvision, timm,
/// wrappers such as DataParallel and torch.compile, heads of their own).
/// </summary>
/// <param name="Architecture">The network that was recognised.</param>
/// <param name="Sources">
/// For each tensor of the architecture, in its order, the name in the file. The file's shape may have more dimensions (timm
/// has convolutions for dense layers), but holds the same numbers in the same order. Null for a bias of zeros: a
/// convolution before batch norm may have none.
/// </param>
/// <param name="Notes">What was left out or assumed, as whole sentences.</param>
internal sealed record TorchNames(VggArchitecture Architecture, IReadOnlyList<(TensorSpecification Specification, string? Name)> Sources, IReadOnlyList<string> Notes)
{
    /// <summary>Finds a VGG among the tensors of a state dict.</summary>
    /// <param name="tensors">All of them, in the order of the file.</param>
    /// <param name="known">The architecture, where the file itself says it; null elsewhere.</param>
    public static TorchReading Read(IReadOnlyList<TorchTensor> tensors, VggArchitecture? known = null)
    {
        if (known is not null && TryTakeAsIs(tensors, known, out TorchNames? asIs))
        {
            return new TorchReading(asIs, null, HasConvolutions: true);
        }

        TorchConvolutions convolutions = TorchConvolutions.Find(tensors);
        if (convolutions.Fault is not null)
        {
            return new TorchReading(null, convolutions.Fault, convolutions.Found);
        }

        var sources = new Dictionary<string, string?>(StringComparer.Ordinal);
        var shapes = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);
        foreach ((string canonical, TorchTensor tensor) in convolutions.Tensors)
        {
            if (Narrow(tensor.Shape) is not { } shape)
            {
                return new TorchReading(null, $"tensor '{MessageText.Shorten(tensor.Name)}' has the shape ({string.Join(", ", tensor.Shape)}), which no weight has", convolutions.Found);
            }

            sources.Add(canonical, tensor.Name);
            shapes.Add(canonical, shape);
        }

        AddMissingBiases(sources, shapes);
        TorchHead head = TorchHead.Find(convolutions.Others, shapes);
        foreach ((string canonical, string source, IReadOnlyList<int> shape) in head.Tensors)
        {
            sources.Add(canonical, source);
            shapes.Add(canonical, shape);
        }

        return ArchitectureRecognition.TryRecognise(shapes, out VggArchitecture? architecture, out string? reason)
            ? new TorchReading(new TorchNames(architecture, [.. architecture.Tensors.Select(specification => (specification, sources[specification.Name]))], head.Notes), null, HasConvolutions: true)
            : new TorchReading(null, reason, convolutions.Found);
    }

    /// <summary>The dimensions as whole numbers that tensors can have; null where they aren't.</summary>
    internal static int[]? Narrow(IReadOnlyList<long> shape) =>
        shape.All(dimension => dimension is >= 1 and <= int.MaxValue) ? [.. shape.Select(dimension => (int)dimension)] : null;

    private static bool TryTakeAsIs(IReadOnlyList<TorchTensor> tensors, VggArchitecture architecture, [NotNullWhen(true)] out TorchNames? names)
    {
        var shapes = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);
        TensorSpecification[] specifications = [.. architecture.Tensors];
        names = specifications.All(specification => shapes.TryGetValue(specification.Name, out IReadOnlyList<long>? shape) && shape.SequenceEqual(specification.Shape.Select(dimension => (long)dimension)))
            ? new TorchNames(architecture, [.. specifications.Select(specification => (specification, (string?)specification.Name))], [])
            : null;
        return names is not null;
    }

    /// <summary>A convolution in front of batch norm needs no bias, since the norm subtracts the mean.</summary>
    private static void AddMissingBiases(Dictionary<string, string?> sources, Dictionary<string, IReadOnlyList<int>> shapes)
    {
        const string Weight = ".weight";
        foreach (string name in shapes.Where(pair => pair.Value.Count == 4).Select(pair => pair.Key).ToList())
        {
            string module = name[..^Weight.Length];
            int index = int.Parse(module["features.".Length..], System.Globalization.CultureInfo.InvariantCulture);
            if (!shapes.ContainsKey($"{module}.bias") && shapes.ContainsKey($"features.{index + 1}.running_mean"))
            {
                sources.Add($"{module}.bias", null);
                shapes.Add($"{module}.bias", [shapes[name][0]]);
            }
        }
    }
}

/// <summary>What came of looking for a VGG: names, or the reason why not.</summary>
/// <param name="Names">The tensors; null where there is no VGG.</param>
/// <param name="Reason">Why there is none, as the rest of a sentence without a full stop; null where there is one.</param>
/// <param name="HasConvolutions">Whether there are numbered convolutions at all, so that a network of this kind was meant.</param>
internal sealed record TorchReading(TorchNames? Names, string? Reason, bool HasConvolutions);
