using VggTransfer.Features;

namespace VggTransfer.Classification;

/// <summary>How a saved classifier runs.</summary>
public sealed record ImageClassifierOptions
{
    /// <summary>Images in a batch when many are classified, 1 to 256.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Threads for decoding and inference, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);

    /// <summary>
    /// Whether an image's probabilities are the mean of its own and those of its mirror picture (test-time augmentation;
    /// Simonyan and Zisserman, 2015, section 3.2): usually a little more accurate, for twice the time in the network.
    /// Not for images in which left and right matter, such as text.
    /// </summary>
    public bool MirrorAveraging { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal ImageClassifierOptions Validate()
    {
        FeatureExtractorOptions.Validate(BatchSize, Threads);
        return this;
    }
}
