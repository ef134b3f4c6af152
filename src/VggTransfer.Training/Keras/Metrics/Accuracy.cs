namespace VggTransfer.Keras.Metrics;

/// <summary>
/// The share of right predictions, in the sense that fits the outputs and targets, chosen as Keras chooses it: binary for
/// one output, sparse categorical for class indices, else categorical.
/// </summary>
/// <param name="name">What it is called.</param>
public sealed class Accuracy(string name = "accuracy") : Metric(name);

/// <summary>The share of samples whose largest output is where the target's largest value is.</summary>
/// <param name="name">What it is called.</param>
public sealed class CategoricalAccuracy(string name = "categorical_accuracy") : Metric(name);

/// <summary>The share of samples whose largest output is at the target's class index.</summary>
/// <param name="name">What it is called.</param>
public sealed class SparseCategoricalAccuracy(string name = "sparse_categorical_accuracy") : Metric(name);

/// <summary>The share of outputs on the target's side of a threshold.</summary>
/// <param name="threshold">Outputs above it count as 1.</param>
/// <param name="name">What it is called.</param>
public sealed class BinaryAccuracy(double threshold = 0.5, string name = "binary_accuracy") : Metric(name)
{
    /// <summary>Outputs above it count as 1.</summary>
    public double Threshold { get; } = threshold;
}
