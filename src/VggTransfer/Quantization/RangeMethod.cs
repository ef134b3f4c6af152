namespace VggTransfer.Quantization;

/// <summary>How the largest value that a quantised activation can have follows from the values that were seen.</summary>
public enum RangeMethod
{
    /// <summary>The largest value seen: nothing is cut off, and a single outlier makes all steps coarse.</summary>
    MinMax,

    /// <summary>The value that one in 10,000 exceeds.</summary>
    Percentile,

    /// <summary>
    /// The one with which the distribution of the rounded values diverges least from that of the exact ones (Kullback and
    /// Leibler; S. Migacz, 8-bit Inference with TensorRT, 2017).
    /// </summary>
    Entropy,
}
