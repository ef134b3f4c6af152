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
}
