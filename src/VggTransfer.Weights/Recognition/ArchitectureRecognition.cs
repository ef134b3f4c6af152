using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// Finds the architecture whose tensors a file holds, from names (torchvision's) and shapes alone: configuration, batch
/// norm, width, classes, dense units, dense part, input size.
/// </summary>
internal static partial class ArchitectureRecognition
{
    // Side of the input behind one value of the last map, with and without the fifth pool.
    private const int StrideWithFifthPool = 32;
    private const int StrideWithoutFifthPool = 16;

    /// <summary>Recognises an architecture.</summary>
    /// <param name="shapes">Every tensor's shape by torchvision's name; nothing else may be in it.</param>
    /// <param name="architecture">The architecture, whose tensors are exactly these; null where there is none.</param>
    /// <param name="reason">Where there is none: what is missing or odd, as the rest of a sentence without a full stop.</param>
    /// <param name="assumed">
    /// Where to take from what shapes don't tell: <see cref="VggArchitecture.FifthPool"/>,
    /// <see cref="VggArchitecture.BatchNormEpsilon"/>, <see cref="VggArchitecture.Dropout"/>, and without a dense part its
    /// sizes and <see cref="VggArchitecture.InputSize"/> too; null for the paper's and PyTorch's values.
    /// </param>
    /// <returns>Whether the tensors form a VGG.</returns>
    public static bool TryRecognise(
        IReadOnlyDictionary<string, IReadOnlyList<int>> shapes,
        [NotNullWhen(true)] out VggArchitecture? architecture,
        [NotNullWhen(false)] out string? reason,
        VggArchitecture? assumed = null)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        architecture = null;
        reason = null;
        VggArchitecture candidate = assumed ?? new VggArchitecture();
        reason = FindConfiguration(shapes, ref candidate) ?? FindWidth(shapes, ref candidate) ?? FindTop(shapes, ref candidate) ?? Compare(shapes, candidate);
        if (reason is not null)
        {
            return false;
        }

        architecture = candidate;
        return true;
    }

    [GeneratedRegex(@"^features\.(0|[1-9][0-9]{0,2})\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex FeatureWeight();

    private static string? FindConfiguration(IReadOnlyDictionary<string, IReadOnlyList<int>> shapes, ref VggArchitecture candidate)
    {
        var kernels = new SortedDictionary<int, IReadOnlyList<int>>();
        foreach ((string name, IReadOnlyList<int> shape) in shapes)
        {
            if (FeatureWeight().Match(name) is { Success: true } match && shape.Count == 4)
            {
                kernels[int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)] = shape;
            }
        }

        if (kernels.Count == 0)
        {
            return $"none of its {shapes.Count:N0} tensors is a convolution of a VGG under torchvision's names ('features.0.weight' and so on)";
        }

        foreach ((int index, IReadOnlyList<int> shape) in kernels)
        {
            if (shape[2] != shape[3] || shape[2] is not (1 or 3))
            {
                return $"'features.{index}.weight' has a kernel of {shape[2]}x{shape[3]}, and a VGG has only 3x3 (and 1x1 in configuration C)";
            }
        }

        bool batchNorm = shapes.Keys.Any(name => name.StartsWith("features.", StringComparison.Ordinal) && name.EndsWith(".running_mean", StringComparison.Ordinal));
        (VggConfiguration Configuration, int Differences) best = (default, int.MaxValue);
        foreach (VggConfiguration configuration in Enum.GetValues<VggConfiguration>())
        {
            Dictionary<int, int> expected = ExpectedKernels(configuration, batchNorm);
            int differences = expected.Count(pair => !kernels.TryGetValue(pair.Key, out IReadOnlyList<int>? shape) || shape[2] != pair.Value)
                + kernels.Keys.Count(index => !expected.ContainsKey(index));
            if (differences < best.Differences)
            {
                best = (configuration, differences);
            }
        }

        candidate = candidate with { Configuration = best.Configuration, BatchNorm = batchNorm };
        if (best.Differences == 0)
        {
            return null;
        }

        Dictionary<int, int> closest = ExpectedKernels(best.Configuration, batchNorm);
        string nearest = $"its convolutions are those of no VGG; the nearest is {(candidate with { WidthMultiplier = 1, IncludeTop = true, FifthPool = true }).DisplayName}";
        foreach ((int index, int size) in closest.OrderBy(pair => pair.Key))
        {
            if (!kernels.TryGetValue(index, out IReadOnlyList<int>? shape))
            {
                return $"{nearest}, and 'features.{index}.weight' is missing";
            }

            if (shape[2] != size)
            {
                return $"{nearest}, and 'features.{index}.weight' has a kernel of {shape[2]}x{shape[2]} instead of {size}x{size}";
            }
        }

        return $"{nearest}, and 'features.{kernels.Keys.First(index => !closest.ContainsKey(index))}.weight' isn't part of it";
    }

    /// <summary>Kernel sizes by torchvision's module number.</summary>
    private static Dictionary<int, int> ExpectedKernels(VggConfiguration configuration, bool batchNorm)
    {
        var architecture = new VggArchitecture { Configuration = configuration, BatchNorm = batchNorm, IncludeTop = false };
        return architecture.Layers
            .Where(layer => layer.Kind == VggLayerKind.Convolution)
            .ToDictionary(layer => int.Parse(layer.TorchName!["features.".Length..], System.Globalization.CultureInfo.InvariantCulture), layer => layer.KernelSize);
    }

    private static string? FindWidth(IReadOnlyDictionary<string, IReadOnlyList<int>> shapes, ref VggArchitecture candidate)
    {
        int[] widths = new int[VggConfigurationTable.BlockWidths.Length];
        foreach (VggLayer layer in candidate.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution))
        {
            int width = shapes[$"{layer.TorchName}.weight"][0];
            ref int known = ref widths[layer.Block - 1];
            if (known != 0 && known != width)
            {
                return $"'{layer.TorchName}.weight' has {width} filters, and the convolution before it in block {layer.Block} has {known}; a VGG's blocks are of one width";
            }

            known = width;
        }

        // The largest blocks lose least in rounding; in between, any factor that all roundings allow will do.
        double lower = 0;
        double upper = double.PositiveInfinity;
        var factors = new List<double>();
        for (int block = widths.Length - 1; block >= 0; block--)
        {
            double paper = VggConfigurationTable.BlockWidths[block];
            factors.Add(widths[block] / paper);
            lower = Math.Max(lower, widths[block] == 1 ? 0 : (widths[block] - 0.5) / paper);
            upper = Math.Min(upper, (widths[block] + 0.5) / paper);
        }

        factors.Add((lower + upper) / 2);
        foreach (double factor in factors)
        {
            VggArchitecture scaled = candidate with { WidthMultiplier = factor };
            if (factor is > 0 and <= 8 && Enumerable.Range(1, widths.Length).All(block => scaled.BlockWidth(block) == widths[block - 1]))
            {
                candidate = scaled;
                return null;
            }
        }

        return $"its blocks have {string.Join(", ", widths)} filters, which isn't {string.Join(", ", VggConfigurationTable.BlockWidths)} times one factor up to 8";
    }

    private static string? FindTop(IReadOnlyDictionary<string, IReadOnlyList<int>> shapes, ref VggArchitecture candidate)
    {
        if (!shapes.Keys.Any(name => name.StartsWith("classifier.", StringComparison.Ordinal)))
        {
            candidate = candidate with { IncludeTop = false };
            return null;
        }

        // torchvision's numbers: three modules for each hidden layer, the last layer behind them.
        int hidden = Enumerable.Range(0, VggArchitecture.MostHiddenDenseLayers + 1).LastOrDefault(layer => shapes.ContainsKey($"classifier.{3 * layer}.weight"));
        string first = "classifier.0.weight";
        string last = $"classifier.{3 * hidden}.weight";
        foreach (string name in Enumerable.Range(0, hidden + 1).Select(layer => $"classifier.{3 * layer}.weight"))
        {
            if (!shapes.TryGetValue(name, out IReadOnlyList<int>? shape))
            {
                return $"'{name}' is missing; a VGG's dense part is classifier.0, classifier.3 and classifier.6";
            }

            if (shape.Count != 2)
            {
                return $"'{name}' has {shape.Count} dimensions, and a dense layer has 2";
            }
        }

        int channels = candidate.BlockWidth(5);
        int inputs = shapes["classifier.0.weight"][1];
        int side = (int)Math.Round(Math.Sqrt((double)inputs / channels));
        int stride = candidate.FifthPool ? StrideWithFifthPool : StrideWithoutFifthPool;
        if (side < 1 || (long)side * side * channels != inputs || (long)side * stride is < 32 or > 4096)
        {
            return $"'classifier.0.weight' takes {inputs:N0} inputs, which aren't those of a square map of the {channels} channels before it";
        }

        candidate = candidate with
        {
            IncludeTop = true,
            InputSize = side * stride,
            HiddenDenseLayers = hidden,
            DenseUnits = hidden > 0 ? shapes[first][0] : candidate.DenseUnits,
            Classes = shapes[last][0],
        };
        return candidate.DenseUnits <= 65_536 && candidate.Classes <= 1_000_000
            ? null
            : $"its dense part of {candidate.DenseUnits:N0} units and {candidate.Classes:N0} classes is larger than any VGG";
    }

    private static string? Compare(IReadOnlyDictionary<string, IReadOnlyList<int>> shapes, VggArchitecture candidate)
    {
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorSpecification specification in candidate.Tensors)
        {
            expected.Add(specification.Name);
            if (!shapes.TryGetValue(specification.Name, out IReadOnlyList<int>? shape))
            {
                return $"it looks like {candidate.DisplayName}, and '{specification.Name}' is missing";
            }

            if (!shape.SequenceEqual(specification.Shape))
            {
                return $"it looks like {candidate.DisplayName}, and '{specification.Name}' has shape ({string.Join(", ", shape)}) instead of ({string.Join(", ", specification.Shape)})";
            }
        }

        string? superfluous = shapes.Keys.Where(name => !expected.Contains(name)).Order(StringComparer.Ordinal).FirstOrDefault();
        return superfluous is null ? null : $"it looks like {candidate.DisplayName}, and has a tensor '{MessageText.Shorten(superfluous)}' too, which is no part of it";
    }
}
