namespace VggTransfer.Keras.Data;

/// <summary>Samples that are rows of arrays.</summary>
internal sealed class SamplesInMemory : SampleSource
{
    private readonly NDArray _x;
    private readonly NDArray? _y;
    private readonly NDArray? _sampleWeight;

    /// <exception cref="ArgumentException">The arrays hold different numbers of samples.</exception>
    public SamplesInMemory(NDArray x, NDArray? y, NDArray? sampleWeight)
    {
        ArgumentNullException.ThrowIfNull(x);
        Check(x, y, nameof(y));
        Check(x, sampleWeight, nameof(sampleWeight));
        _x = x;
        _y = y;
        _sampleWeight = sampleWeight;
    }

    public override int Count => _x.Length;

    public override Batch Gather(ReadOnlyMemory<int> samples, CancellationToken cancellationToken) =>
        new(_x.Rows(samples.Span), _y?.Rows(samples.Span), _sampleWeight?.Rows(samples.Span));

    private static void Check(NDArray x, NDArray? other, string name)
    {
        if (other is not null && other.Length != x.Length)
        {
            throw new ArgumentException($"x has {x.Length} samples, and {name} has {other.Length}; give as many.", name);
        }
    }
}
