namespace VggTransfer.Keras.Data;

/// <summary>Class indices as the targets that losses want, by Keras's names.</summary>
internal static class TargetEncoding
{
    /// <param name="labels">The class indices.</param>
    /// <param name="mode"><c>int</c> or <c>sparse</c>, <c>categorical</c>, <c>binary</c>, or null for none.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">The mode is unknown, or binary with other than two classes.</exception>
    public static NDArray? Of(IReadOnlyList<int> labels, string? mode, int classes) => mode switch
    {
        null => null,
        "int" or "sparse" => NDArray.From([.. labels], labels.Count),
        "categorical" => NDArray.From([.. labels], labels.Count).ToCategorical(classes),
        "binary" when classes == 2 => NDArray.From([.. labels.Select(label => (float)label)], labels.Count, 1),
        "binary" => throw new ArgumentException($"Binary labels need exactly two classes, and there are {classes}.", nameof(mode)),
        _ => throw new ArgumentException($"There are no labels of the mode '{mode}'; there are int, categorical, binary, and null for none.", nameof(mode)),
    };
}
