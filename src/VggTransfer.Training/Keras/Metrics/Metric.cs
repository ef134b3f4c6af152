namespace VggTransfer.Keras.Metrics;

/// <summary>A figure that is reported beside the loss (keras/src/metrics). Keras's names work too: <c>"accuracy"</c>.</summary>
public abstract class Metric
{
    private protected Metric(string name) => Name = name;

    /// <summary>What it is called in logs and History.</summary>
    public string Name { get; }

    /// <summary>A metric by Keras's name.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public static implicit operator Metric(string name) => FromName(name);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static Metric FromName(string name) => MetricNames.Find(name);
}
