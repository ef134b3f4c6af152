using System.ComponentModel.DataAnnotations;
using VggTransfer.Backbones;
using VggTransfer.Architectures;

namespace VggTransfer.Features;

/// <summary>What all options have that take images through a network, and its limits.</summary>
public abstract record FeatureSettings
{
    /// <summary>The batch size of everything that takes images through a network, unless it is told otherwise.</summary>
    public const int DefaultBatchSize = 16;

    /// <summary>The largest batch of everything that takes images through a network.</summary>
    internal const int MaxBatchSize = 256;

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
    [Range(FeatureNetworkOptions.SmallestInput, FeatureNetworkOptions.LargestInput)]
    public int? InputSize { get; init; }

    /// <summary>
    /// Images in the network at a time, 1 to 256. Larger batches take more memory and, past 16 or so, gain little on a CPU.
    /// With <see cref="Backbones.FeatureParallelism.Images"/> they are shared out among the threads, each of which has at least four of them.
    /// </summary>
    [Range(1, MaxBatchSize)]
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>Threads for decoding, inference and fits, 1 to 1024; by default one for each processor.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int Threads { get; init; } = ThreadCount.Default;
}
