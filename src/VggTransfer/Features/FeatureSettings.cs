using VggTransfer.Architectures;

namespace VggTransfer.Features;

/// <summary>What all options have that take images through a network, and the limits of it.</summary>
public abstract record FeatureSettings
{
    /// <summary>The batch size of everything that takes images through a network, unless it is told otherwise.</summary>
    public const int DefaultBatchSize = 16;

    private protected FeatureSettings()
    {
    }

    /// <summary>
    /// What to take as features. Null stands for fc7, or the average of block 5 where the network has no dense part; a training and a
    /// check choose by cross-validation then, among sets of pooled maps where there is no dense part.
    /// </summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>
    /// Side of the network's input in pixels, 32 to 4096. Null stands for the network's own; a training and a check follow the size of
    /// the images then. Networks with dense layers take only their own.
    /// </summary>
    public int? InputSize { get; init; }

    /// <summary>
    /// Images in the network at a time, 1 to 256. Larger batches take more memory and, past 16 or so, gain little on a CPU.
    /// With <see cref="FeatureParallelism.Images"/> they are shared out among the threads, each of which has at least four of them.
    /// </summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>Threads for decoding, inference and fits, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);

    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    internal virtual void ValidateSettings()
    {
        Validate(BatchSize, Threads);
        if (InputSize is < 32 or > 4096)
        {
            throw new ArgumentOutOfRangeException(nameof(InputSize), InputSize, $"InputSize is {InputSize}, and must be 32 to 4096 pixels.");
        }
    }

    /// <summary>The ranges that other options share, too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range.</exception>
    internal static void Validate(int batchSize, int threads)
    {
        if (batchSize is < 1 or > 256)
        {
            throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize, $"BatchSize is {batchSize}, and must be 1 to 256.");
        }

        if (threads is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, $"Threads is {threads}, and must be 1 to 1024.");
        }
    }
}
