using VggTransfer.Images;

namespace VggTransfer.Classification;

/// <summary>What a model file says of a training that it doesn't see itself.</summary>
public sealed record ClassifierExportOptions
{
    /// <summary>Whether photos are turned upright by their EXIF data, in training and in prediction. Default: <see cref="ImageOrientation.Upright"/>.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>How many images the network was trained on; 0 for unknown.</summary>
    public int TrainingImages { get; init; }

    /// <summary>How many images it was validated on; 0 for none.</summary>
    public int ValidationImages { get; init; }

    /// <summary>The accuracy on the validation images, 0 to 1.</summary>
    public double ValidationAccuracy { get; init; }

    /// <summary>The factor of the L2 penalty, 0 for none.</summary>
    public double L2Regularization { get; init; }

    /// <summary>The seed of the training.</summary>
    public int Seed { get; init; }

    /// <summary>How a pretrained network was fine-tuned; null where it was trained from nothing.</summary>
    public FineTuningDescription? FineTuning { get; init; }
}
