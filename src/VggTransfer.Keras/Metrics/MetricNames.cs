namespace VggTransfer.Keras.Metrics;

internal static class MetricNames
{
    public static Metric Find(string name) => throw new NotSupportedException(name);
}
