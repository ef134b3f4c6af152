namespace VggTransfer.Keras.Models;

public abstract partial class Model
{
    /// <summary>Prints a table of the layers with their shapes and numbers of weights, as tf_keras 2.21 does.</summary>
    /// <param name="lineLength">Characters of a line, 40 to 1000, without the column <c>Trainable</c>; 65 if left out.</param>
    /// <param name="positions">
    /// Where the three columns end: ascending parts of the line up to 1, or numbers of characters. Keras's
    /// 0.45, 0.85, 1 if left out.
    /// </param>
    /// <param name="showTrainable">Whether to add a column that says which layers training may change.</param>
    /// <param name="expandNested">Whether to show the layers of models within.</param>
    /// <param name="layerRange">
    /// The first and the last layer to show, by regular expressions that match the beginning of their names; all if left
    /// out. The totals are the whole model's all the same.
    /// </param>
    /// <param name="output">Where to print; the console if left out.</param>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The line is too short or too long.</exception>
    /// <exception cref="ArgumentException">The columns don't ascend, or no layer has a name of the range.</exception>
    public void Summary(
        int? lineLength = null,
        IReadOnlyList<double>? positions = null,
        bool showTrainable = false,
        bool expandNested = false,
        (string First, string Last)? layerRange = null,
        TextWriter? output = null) =>
        (output ?? Console.Out).Write(ToSummaryText(lineLength, positions, showTrainable, expandNested, layerRange));

    /// <summary>What <see cref="Summary"/> prints; every line ends in a line feed.</summary>
    /// <inheritdoc cref="Summary"/>
    public string ToSummaryText(
        int? lineLength = null,
        IReadOnlyList<double>? positions = null,
        bool showTrainable = false,
        bool expandNested = false,
        (string First, string Last)? layerRange = null)
    {
        RequireBuilt();
        return new ModelSummary(this, showTrainable, expandNested).ToText(lineLength, positions, layerRange);
    }
}
