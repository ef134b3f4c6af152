namespace VggTransfer.Classification;

/// <summary>An image of known class, and what a classifier says about it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Class">The index of its true class among the labels.</param>
/// <param name="Probabilities">Of all classes, in the labels' order.</param>
public sealed record LabeledPrediction(string Path, int Class, IReadOnlyList<float> Probabilities)
{
    /// <summary>The index of the most probable class; of equals the first.</summary>
    public int Predicted { get; } = ClassificationMetrics.ArgMax([.. Probabilities]);

    /// <summary>The probability of the most probable class, 0 to 1.</summary>
    public float Confidence => Probabilities[Predicted];

    /// <summary>Whether the most probable class is the true one.</summary>
    public bool IsRight => Predicted == Class;
}
