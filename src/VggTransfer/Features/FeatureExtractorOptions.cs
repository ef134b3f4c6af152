using VggTransfer.Images;
using VggTransfer.Backbones;

namespace VggTransfer.Features;

/// <summary>What a <see cref="FeatureExtractor"/> takes from a network, and how it feeds it.</summary>
public sealed record FeatureExtractorOptions : FeatureNetworkOptions
{
    /// <summary>The batch size of everything that takes images through a network, unless it is told otherwise.</summary>
    public const int DefaultBatchSize = 16;

    /// <summary>How a photo becomes a square; by default as ML.NET's <c>ResizeImages</c> does it, so that a saved chain sees the same pixels.</summary>
    public ResizeRecipe Resize { get; init; } = ResizeRecipe.MlNetCrop;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = ImageDecodeOptions.Default;

    /// <summary>
    /// Images in the network at a time, 1 to 256. Larger batches take more memory and, past 16 or so, gain little on a CPU.
    /// With <see cref="FeatureParallelism.Images"/> they are shared out among the threads, each of which has at least four of them.
    /// </summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>
    /// Whether each picture goes through the network a second time, mirrored, in the same batch; the mirror picture's features
    /// follow the picture's own, so that a result is twice as long.
    /// </summary>
    internal bool AddMirror { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The algorithm and the arithmetic don't go together.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks the instructions of the algorithm.</exception>
    internal FeatureExtractorOptions Validate()
    {
        Validate(BatchSize, Threads);
        ValidateAlgorithm();
        return this;
    }

    /// <summary>The ranges that all options with these two properties share.</summary>
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
