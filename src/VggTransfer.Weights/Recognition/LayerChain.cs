using VggTransfer.Models;

namespace VggTransfer.Weights.Recognition;

/// <summary>A network as a file describes it: from the image to the output, one layer behind the other.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">What messages call its format.</param>
/// <param name="Steps">The layers in order.</param>
internal sealed record LayerChain(string Path, string Format, IReadOnlyList<ChainStep> Steps)
{
    /// <summary>Rows of the input; null where the file leaves them free.</summary>
    public long? Height { get; init; }

    /// <summary>Columns of the input; null where the file leaves them free.</summary>
    public long? Width { get; init; }

    /// <summary>The dropout rate behind the dense layers; null where the file has none.</summary>
    public double? Dropout { get; init; }

    /// <summary>
    /// Whether only layers with weights are told: activations, pools, flatten and padding are unknown, and put where a VGG
    /// has them.
    /// </summary>
    public bool HasWeightsOnly { get; init; }

    /// <summary>Of those files, whether each layer without weights is in the chain as an <see cref="UnknownStep"/>.</summary>
    public bool ListsUnknown { get; init; }

    /// <summary>Of those files, how many maximum pools there are; null where that is unknown.</summary>
    public int? MaximumPools { get; init; }

    /// <summary>What the caller knows where the file doesn't say it; null for formats that don't ask.</summary>
    public WeightsReadOptions? Options { get; init; }

    /// <summary>Whether a head that doesn't fit the map before it is left out with a note; else such a file is refused.</summary>
    public bool LeavesHeadOut { get; init; }

    /// <summary>How the note on a head that was left out begins; null for words that suit any format.</summary>
    public string? HeadNote { get; init; }

    /// <summary>What the file's framework takes for batch norm's epsilon unless told; null where that doesn't matter.</summary>
    public double? DefaultEpsilon { get; init; }
}
