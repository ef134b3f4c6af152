using System.ComponentModel.DataAnnotations;
using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>What stands on the convolutions.</summary>
public enum FineTuningHead
{
    /// <summary>Pooled maps, dropout, one dense layer: few weights, for few images.</summary>
    Pooled,

    /// <summary>The paper's flatten, fc6, fc7 and predictions, with dropout between them.</summary>
    Dense,
}

/// <summary>How the learning rate moves within a stage.</summary>
public enum FineTuningSchedule
{
    /// <summary>Up, then down by cosines (Smith and Topin, Super-Convergence, 2017).</summary>
    OneCycle,

    /// <summary>A short linear warm-up, then down by a cosine.</summary>
    Cosine,

    /// <summary>As it is.</summary>
    Constant,
}

/// <summary>Whether an average of the weights is what is judged and kept.</summary>
public enum WeightAveraging
{
    /// <summary>The weights as they are.</summary>
    None,

    /// <summary>A moving average over the steps (EMA).</summary>
    Exponential,

    /// <summary>The mean over the ends of the last epochs (Izmailov and others, Averaging Weights Leads to Wider Optima, 2018).</summary>
    Stochastic,
}

/// <summary>How a pretrained VGG is fine-tuned on a folder of images. The defaults suit some hundreds to some thousands of photos.</summary>
public sealed record FineTuningOptions
{
    /// <summary>The pretrained network; by default the embedded VGG16 convolutions. It must not be disposed before the result is.</summary>
    public VggModel? Backbone { get; init; }

    /// <summary>
    /// A saved classifier (.zip) to go on from, instead of <see cref="Backbone"/>. Its head is kept where its classes are those of
    /// the folder; where classes were added or removed, a new head is fitted on its features.
    /// </summary>
    public string? ContinueFrom { get; init; }

    /// <summary>What stands on the convolutions. A network with its own dense part keeps that part with <see cref="FineTuningHead.Dense"/>.</summary>
    public FineTuningHead Head { get; init; } = FineTuningHead.Pooled;

    /// <summary>
    /// What the pooled head works on: maps of the network, each pooled by average or maximum, such as
    /// <c>block4_pool:avg+block5_pool:avg+block5_pool:max</c>. Null lets cross-validation on the training images choose, as
    /// <see cref="Classification.ImageClassifierTrainer"/> does; a classifier that is continued keeps its own. Only with <see cref="FineTuningHead.Pooled"/>.
    /// </summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Dropout rate in the head, 0 or more and below 1.</summary>
    [Range(0d, 1, MaximumIsExclusive = true)]
    public double Dropout { get; init; } = 0.3;

    /// <summary>
    /// The first layer that is trained: the name of a convolution such as <c>block5_conv1</c> or <c>block4_conv1</c>;
    /// <c>none</c> freezes nothing, <c>head</c> everything but the head.
    /// </summary>
    public string FreezeUntil { get; init; } = "block5_conv1";

    /// <summary>
    /// Whether training begins with the head alone and unfreezes block by block, down to <see cref="FreezeUntil"/>, in stages of
    /// equal length (Howard and Ruder, ULMFiT, 2018).
    /// </summary>
    public bool GradualUnfreezing { get; init; }

    /// <summary>
    /// Side of the network's input in pixels, 32 to 4096. Null lets it follow from the size of the images, 224 at most; of two sizes
    /// that suit them, the pooled head takes the one where <see cref="Classification.ImageClassifierTrainer"/> would do better. A classifier that is continued keeps its own.
    /// </summary>
    [Range(VggArchitecture.SmallestInput, VggArchitecture.LargestInput)]
    public int? InputSize { get; init; }

    /// <summary>
    /// Smaller sides to begin with, growing, each for as many epochs as the last: <c>[96]</c> before an input of 128. Only with
    /// <see cref="FineTuningHead.Pooled"/>; empty for none.
    /// </summary>
    public IReadOnlyList<int> ProgressiveSizes { get; init; } = [];

    /// <summary>Epochs in all, over all stages, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int Epochs { get; init; } = 12;

    /// <summary>Images in a step, 1 to 1024.</summary>
    [Range(1, 1024)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Steps whose gradients make one update, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>The head's largest learning rate, above 0, where it works on one map; on several it is as many times smaller as there are more features.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The largest learning rate of the topmost block that is trained, above 0.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double BackboneLearningRate { get; init; } = 1e-4;

    /// <summary>The rate of each block as a share of the rate of the block above it, above 0 and at most 1 (discriminative learning rates).</summary>
    [Range(0d, 1, MinimumIsExclusive = true)]
    public double BlockRateFactor { get; init; } = 0.4;

    /// <summary>How the rate moves within a stage.</summary>
    public FineTuningSchedule Schedule { get; init; } = FineTuningSchedule.OneCycle;

    /// <summary>AdamW's weight decay, 0 or more; biases and batch norms are exempt.</summary>
    [Range(0, double.MaxValue)]
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>A penalty that draws the convolutions to their pretrained weights (L2-SP; Li and others, 2018), 0 or more.</summary>
    [Range(0, double.MaxValue)]
    public double StartingPointPenalty { get; init; }

    /// <summary>The share of the target that goes to all classes alike, 0 or more and below 1.</summary>
    [Range(0d, 1, MaximumIsExclusive = true)]
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>
    /// How training images are changed. With <see cref="PhotoAugmentation.Mirror"/> and <see cref="PhotoAugmentation.None"/> the
    /// frozen layers' outputs are computed once and read from a cache; with anything else they are computed in each step.
    /// </summary>
    public PhotoAugmentation Augmentation { get; init; } = PhotoAugmentation.Mirror;

    /// <summary>Alpha of mixup (Zhang and others, 2017), 0 to 100, 0 for none; usual are 0.1 to 0.4.</summary>
    [Range(0d, 100)]
    public double MixUp { get; init; }

    /// <summary>Alpha of CutMix (Yun and others, 2019), 0 to 100, 0 for none; usual is 1. With both, each batch gets one of the two.</summary>
    [Range(0d, 100)]
    public double CutMix { get; init; }

    /// <summary>Whether an average of the weights is judged and kept.</summary>
    public WeightAveraging Averaging { get; init; } = WeightAveraging.None;

    /// <summary>The share that a moving average keeps at each update, 0 to 1.</summary>
    [Range(0d, 1)]
    public double EmaMomentum { get; init; } = 0.99;

    /// <summary>Whether rare classes count as much as frequent ones.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>
    /// Whether those weights of a stage are kept that got the most validation images right, of several such those with the least
    /// loss; the ones it began with count, too. Otherwise the last ones are kept, and validation images choose nothing.
    /// </summary>
    public bool KeepBestEpoch { get; init; } = true;

    /// <summary>Epochs without a better validation loss after which a stage ends, 1 or more; null for never.</summary>
    [Range(1, int.MaxValue)]
    public int? EarlyStopping { get; init; }

    /// <summary>
    /// The time from the call until the result is saved and, if wished, evaluated; null for any. A measured batch says which input size and
    /// how many epochs fit into it, so that the result depends on the machine; whatever is best when the time for training is over is
    /// the result. Where it isn't enough for a head on the frozen network at the smallest input, it takes longer, and a warning says so.
    /// </summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>The share of each class that is kept for validation, above 0 and below 1; unused with <see cref="Validation"/>.</summary>
    [Range(0d, 1, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double ValidationFraction { get; init; } = ImageClassifierTrainerOptions.DefaultValidationFraction;

    /// <summary>Images to validate on instead of a part of the training images; null to split.</summary>
    public ImageFolder? Validation { get; init; }

    /// <summary>Seed of the split, the order, the augmentation and dropout.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether an image that can't be read ends the training; otherwise it is skipped and reported.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> or <c>mps</c>; see <see cref="ExecutionOptions.Device"/>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>The type of the computation; null for bfloat16 where the processor or GPU is fast at it, otherwise float32.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Threads of the CPU's computation, 1 to 1024; null for one for each core.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int? Threads { get; init; }

    /// <summary>
    /// Where the frozen network's features are kept, by which input sizes are compared, so that the next fine-tuning or training on
    /// the same images finds them; null to keep none.
    /// </summary>
    public FeatureCacheOptions? FeatureCache { get; init; }

    /// <summary>
    /// A folder for the cache and the checkpoints, so that the same call goes on after an interruption; null for a temporary one
    /// that is deleted at the end.
    /// </summary>
    public string? WorkspacePath { get; init; }

    /// <summary>What shows the time.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Looks whether a network has the layers that these options name, before anything is opened or decoded.</summary>
    /// <param name="architecture">The network.</param>
    /// <exception cref="ArgumentException">It hasn't; the message says which it has.</exception>
    public void CheckLayers(VggArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        FineTuningPlan.CheckLayers(this, architecture);
    }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        OptionRange.Check(this);
        OptionRange.Require(Layer is null || Head == FineTuningHead.Pooled, nameof(Layer), Layer, "null with the dense head");
        OptionRange.Require(Layer is null || Layer.Sources.All(source => source.Pooling != FeaturePooling.Flatten), nameof(Layer), Layer, "maps with :avg or :max behind their names, such as block5_pool:avg");
        var sizes = OptionRange.Of<FineTuningOptions>(nameof(InputSize));
        OptionRange.Require(ProgressiveSizes.All(size => sizes.Contains(size)), nameof(ProgressiveSizes), string.Join(", ", ProgressiveSizes), $"each {sizes} pixels");
        OptionRange.Require(TimeBudget is null || TimeBudget > TimeSpan.Zero, nameof(TimeBudget), TimeBudget, "above zero, or null for any time");
    }
}
