using System.ComponentModel.DataAnnotations;
using VggTransfer.Backbones;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Serving;

namespace VggTransfer.Classification;

/// <summary>How a saved classifier runs.</summary>
public sealed record ImageClassifierOptions
{
    /// <summary>Images in a batch when many are classified, 1 to 256.</summary>
    [Range(1, FeatureSettings.MaxBatchSize)]
    public int BatchSize { get; init; } = FeatureSettings.DefaultBatchSize;

    /// <summary>
    /// How a model in 4-byte floating point is computed; null for what is fastest once it is loaded. With
    /// <see cref="ConvolutionAlgorithm.Direct"/> it is loaded sooner and takes less memory. Models in 8-bit integers, and
    /// those on other networks than a VGG, know one way only.
    /// </summary>
    public ConvolutionAlgorithm? Algorithm { get; init; }

    /// <summary>Threads for decoding and inference, 1 to 1024; by default one for each processor.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int Threads { get; init; } = ThreadCount.Default;

    /// <summary>
    /// Whether an image's probabilities are the mean of its own and those of its mirror picture (test-time augmentation;
    /// Simonyan and Zisserman, 2015, section 3.2): usually a little more accurate, for twice the time in the network.
    /// Not for images in which left and right matter, such as text.
    /// </summary>
    public bool MirrorAveraging { get; init; }

    /// <summary>
    /// The share of pictures of the classes that may be taken for none of them (<see cref="ImagePrediction.IsUnknown"/>), 0 to 0.5; with 0,
    /// no picture ever is. More finds more strangers. Default: 0.01.
    /// </summary>
    [Range(0, 0.5)]
    public double FalseRejectRate { get; init; } = 0.01;

    /// <summary>Bytes that an encoded image may have, 1 to 2,147,483,591. Default: 536,870,912 (512 MiB).</summary>
    [Range(1, ImageDecodeOptions.BytesCeiling)]
    public long MaxBytes { get; init; } = ImageDecodeOptions.Default.MaxBytes;

    /// <summary>
    /// Pixels (width x height) that an image may claim to have, 1 to 536,870,897; four bytes of memory each while it is decoded.
    /// Default: 178,956,970.
    /// </summary>
    [Range(1, ImageDecodeOptions.PixelsCeiling)]
    public long MaxPixels { get; init; } = ImageDecodeOptions.Default.MaxPixels;

    /// <summary>
    /// How long one image may take, waiting included, above 0 and up to 24 days; null, the default, for any time. What is being
    /// decoded or is in the network is finished first.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How single calls from many threads share runs of the network; null, the default, if they don't.</summary>
    public MicroBatchingOptions? MicroBatching { get; init; }

    /// <summary>
    /// Where <see cref="ImageClassifier.Evaluate"/> and <see cref="ImageClassifier.ClassifyAll"/> keep the features of files, so that
    /// a later call on the same files and the same network only has to hash them; null, the default, to keep none. Single images
    /// and streams never use it.
    /// </summary>
    public FeatureCacheOptions? FeatureCache { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal ImageClassifierOptions Validate()
    {
        OptionRange.Check(this);
        OptionRange.Require(Timeout is null || (Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromDays(24)), nameof(Timeout), Timeout, "above 0 and up to 24 days");
        MicroBatching?.Validate();
        FeatureCache?.Validate();
        return this;
    }
}
