using System.Text.Json;
using VggTransfer.Architectures;

namespace VggTransfer.Parity.Weights;

/// <summary>What a case says its network looks like; null where it doesn't say.</summary>
internal sealed record GoldenArchitecture
{
    public string? Configuration { get; init; }

    public bool? BatchNorm { get; init; }

    /// <summary>Whether the network was trained with batch norm that its file no longer has.</summary>
    public bool IsBatchNormFolded { get; init; }

    public double? Epsilon { get; init; }

    public int[]? ConvolutionWidths { get; init; }

    /// <summary>Side of the input.</summary>
    public int? InputSize { get; init; }

    /// <summary>Channels, height and width of the map that is flattened.</summary>
    public int[]? Flatten { get; init; }

    /// <summary>Units of the hidden dense layers.</summary>
    public int[]? Dense { get; init; }

    public int? Classes { get; init; }

    /// <summary>Pools in all; five unless it says otherwise.</summary>
    public int Pools { get; init; } = 5;

    /// <summary><c>avg</c> or <c>max</c>: what follows the last map of a network without dense layers.</summary>
    public string? Pooling { get; init; }

    public static GoldenArchitecture Parse(JsonElement item) => new()
    {
        Configuration = Get(item, "configuration")?.GetString(),
        BatchNorm = Get(item, "batch_norm")?.GetBoolean(),
        Epsilon = Get(item, "epsilon")?.GetDouble(),
        ConvolutionWidths = Numbers(item, "conv_widths"),
        InputSize = Numbers(item, "input") is { Length: 3 } input ? input[1] : null,
        Flatten = Numbers(item, "flatten"),
        Dense = Numbers(item, "dense"),
        Classes = Get(item, "classes")?.GetInt32(),
        Pools = Get(item, "pools")?.GetInt32() ?? 5,
        Pooling = Get(item, "pooling")?.GetString(),
    };

    /// <summary>
    /// Whether <see cref="VggArchitecture"/> can describe the dense part: hidden layers of one width behind the flattened last
    /// map of this input. Others are left out with a note.
    /// </summary>
    public bool IsHeadExpressible
    {
        get
        {
            if (Classes is null || Dense is null || Dense.Length > 8 || Dense.Distinct().Count() > 1)
            {
                return false;
            }

            return Flatten is not { Length: 3 } flatten || InputSize is not { } side || ConvolutionWidths is not { Length: > 0 } widths
                || flatten.SequenceEqual([widths[^1], side >> Pools, side >> Pools]);
        }
    }

    /// <summary>What of an architecture that was recognised contradicts the case, each as a phrase.</summary>
    public IEnumerable<string> FaultsOf(VggArchitecture found)
    {
        if (Configuration is not null && Configuration != found.Configuration.ToString())
        {
            yield return $"configuration {found.Configuration} instead of {Configuration}";
        }

        if (BatchNorm is { } trained && (trained && !IsBatchNormFolded) != found.BatchNorm)
        {
            yield return found.BatchNorm ? "batch norm that isn't there" : "no batch norm";
        }

        if (Epsilon is { } epsilon && found.BatchNorm && epsilon != found.BatchNormEpsilon)
        {
            yield return $"epsilon {found.BatchNormEpsilon} instead of {epsilon}";
        }

        int[] widths = [.. found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels)];
        if (ConvolutionWidths is not null && !ConvolutionWidths.SequenceEqual(widths))
        {
            yield return $"widths {string.Join(' ', widths)} instead of {string.Join(' ', ConvolutionWidths)}";
        }

        if (found.FifthPool != (Pools == 5))
        {
            yield return found.FifthPool ? "a fifth pool that isn't there" : "no fifth pool";
        }

        foreach (string fault in found.IncludeTop ? HeadFaultsOf(found) : MissingHead())
        {
            yield return fault;
        }
    }

    private IEnumerable<string> MissingHead()
    {
        if (IsHeadExpressible)
        {
            yield return "no dense layers";
        }
    }

    private IEnumerable<string> HeadFaultsOf(VggArchitecture found)
    {
        int[] dense = [.. Enumerable.Repeat(found.DenseUnits, found.HiddenDenseLayers)];
        if (Dense is not null && !Dense.SequenceEqual(dense))
        {
            yield return $"hidden dense layers {string.Join(' ', dense)} instead of {string.Join(' ', Dense)}";
        }

        if (Classes != found.Classes)
        {
            yield return $"{found.Classes} classes instead of {Classes?.ToString() ?? "none"}";
        }

        if (InputSize is { } side && IsHeadExpressible && side != found.InputSize)
        {
            yield return $"input of {found.InputSize} pixels instead of {side}";
        }
    }

    private static JsonElement? Get(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int[]? Numbers(JsonElement item, string name) => Get(item, name) is { } value ? [.. value.EnumerateArray().Select(number => number.GetInt32())] : null;
}
