using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>All that a page about a classifier shows, whichever command asks for it.</summary>
internal sealed record ClassificationFindings
{
    /// <summary>What was done, in one paragraph.</summary>
    public required string Summary { get; init; }

    /// <summary>The images that judge, each with its probabilities.</summary>
    public required IReadOnlyList<LabeledPrediction> Images { get; init; }

    /// <summary>Computed from them.</summary>
    public required ClassificationMetrics Metrics { get; init; }

    /// <summary>The model file, for heat maps.</summary>
    public required string Model { get; init; }

    /// <summary>What is known about model and run: versions, seed, times. Name and value.</summary>
    public required IReadOnlyList<(string Name, string Value)> Facts { get; init; }

    /// <summary>The command to repeat it.</summary>
    public required string Command { get; init; }

    /// <summary>Accuracy of the same kind of head on raw pixels, 0 to 1; null where there was nothing to train one on.</summary>
    public double? RawPixelAccuracy { get; init; }

    /// <summary>Accuracy by the number of training images, ascending; empty where nothing was trained.</summary>
    public IReadOnlyList<(int Images, double Accuracy)> LearningCurve { get; init; } = [];

    /// <summary>Features of some of the images, by their index; empty for no map.</summary>
    public IReadOnlyList<(int Image, float[] Features)> Features { get; init; } = [];

    /// <summary>The curves of a fine-tuning as SVG; null for none.</summary>
    public string? TrainingCurves { get; init; }

    /// <summary>What the user should know about the data, as whole sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
