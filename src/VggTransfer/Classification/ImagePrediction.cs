using VggTransfer.Features;

namespace VggTransfer.Classification;

/// <summary>A class and how probable it is.</summary>
/// <param name="Label">The name of the class.</param>
/// <param name="Probability">0 to 1; all classes' sum to 1.</param>
public sealed record ClassProbability(string Label, double Probability);

/// <summary>What a classifier says about an image.</summary>
/// <param name="Name">The file's path, or what else the image was called.</param>
/// <param name="Classes">All classes, the most probable first; empty if the image couldn't be read.</param>
/// <param name="Error">Why it couldn't be read, as a whole sentence; otherwise null.</param>
public sealed record ImagePrediction(string Name, IReadOnlyList<ClassProbability> Classes, string? Error)
{
    /// <summary>The most probable class; null if the image couldn't be read.</summary>
    public string? Label => Classes.Count > 0 ? Classes[0].Label : null;

    /// <summary>The probability of the most probable class, 0 to 1; 0 if the image couldn't be read.</summary>
    public double Probability => Classes.Count > 0 ? Classes[0].Probability : 0;

    /// <summary>
    /// How far the picture is from all that was learnt, 0 or more; above 1 it is none of the classes. Null if the image couldn't be
    /// read, or the model has nothing to tell it by.
    /// </summary>
    public double? Novelty { get; init; }

    /// <summary>Whether the picture is none of the classes; <see cref="Label"/> is then only the least unlike of them.</summary>
    public bool IsUnknown => Novelty > 1;

    /// <summary>The k most probable classes, the most probable first; fewer if there are fewer.</summary>
    public IEnumerable<ClassProbability> Top(int k) => Classes.Take(k);
}

/// <summary>How well a classifier does on a folder.</summary>
/// <param name="Metrics">Computed from the images that could be read.</param>
/// <param name="Skipped">The images that couldn't be read.</param>
public sealed record EvaluationResult(ClassificationMetrics Metrics, IReadOnlyList<SkippedImage> Skipped)
{
    /// <summary>Of about as many images features are kept: enough for a map, and little memory.</summary>
    internal const int FeaturesKept = 600;

    /// <summary>The images that could be read, each with its true class and the probabilities of all classes.</summary>
    public IReadOnlyList<LabeledPrediction> Predictions { get; init; } = [];

    /// <summary>Features of some of them, 600 at most, by their places in <see cref="Predictions"/>.</summary>
    public IReadOnlyList<(int Image, float[] Features)> Features { get; init; } = [];

    /// <summary>How many of the images were taken for none of the classes, wrongly; null if the model has nothing to tell it by.</summary>
    public int? Unknown { get; init; }

    /// <summary>How many images' features an earlier run had computed; 0 without <see cref="ImageClassifierOptions.FeatureCache"/>.</summary>
    public int FromCache { get; init; }

    /// <summary>Why features weren't kept for later runs; a whole sentence, null if nothing went wrong.</summary>
    public string? CacheWarning { get; init; }
}
