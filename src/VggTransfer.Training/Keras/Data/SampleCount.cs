namespace VggTransfer.Keras.Data;

/// <summary>Arrays of one run must hold equally many samples.</summary>
internal static class SampleCount
{
    /// <exception cref="ArgumentException">They don't, or there are none.</exception>
    public static void Check(NDArray x, NDArray? y, NDArray? sampleWeight)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.Length == 0)
        {
            throw new ArgumentException("x holds no samples; give at least one.", nameof(x));
        }

        if ((y is not null && y.Length != x.Length) || (sampleWeight is not null && sampleWeight.Length != x.Length))
        {
            string sizes = string.Join(", ", new[] { ("x", (NDArray?)x), ("y", y), ("sampleWeight", sampleWeight) }
                .Where(array => array.Item2 is not null)
                .Select(array => $"{array.Item1} has {array.Item2!.Length}"));
            throw new ArgumentException($"All arrays must hold the same number of samples: {sizes}.");
        }
    }
}
