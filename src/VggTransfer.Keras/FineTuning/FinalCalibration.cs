using VggTransfer.Classification;
using VggTransfer.Classification.Calibration;
using VggTransfer.Classification.Novelty;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.Keras.FineTuning;

/// <summary>
/// Makes a fine-tuned network's probabilities mean what they say, and learns what its classes' pictures look like to it. Unlike a
/// head on frozen features, a network can't be fitted again without some of its images, so the validation images alone count.
/// </summary>
internal static class FinalCalibration
{
    /// <summary>Of fewer validation images, one in twenty is none.</summary>
    private const int FewestForNovelty = 20;

    /// <summary>Images of a kind that are looked at, spread evenly: the detector keeps no more.</summary>
    private const int MostImages = 1000;

    /// <summary>Probabilities below this are taken for this.</summary>
    private const float Smallest = 1e-30f;

    /// <summary>The temperature that suits the validation images best.</summary>
    /// <param name="probabilities">The network's own, one row for each validation image.</param>
    /// <param name="classes">The true classes.</param>
    public static double Temperature(IReadOnlyList<float[]> probabilities, IReadOnlyList<int> classes) =>
        TemperatureScaling.Fit([.. probabilities.Select(Logits)], classes);

    /// <summary>What probabilities become when their logits are divided by a temperature.</summary>
    public static float[][] AtTemperature(IEnumerable<float[]> probabilities, double temperature) => [.. probabilities.Select(row =>
    {
        float[] scaled = [.. Logits(row).Select(logit => (float)(logit / temperature))];
        LinearHead.ToProbabilities(scaled);
        return scaled;
    })];

    /// <summary>What was done, in figures.</summary>
    public static CalibrationSummary Summarize(double temperature, ClassificationMetrics before, ClassificationMetrics after) => new()
    {
        Temperature = temperature,
        Images = before.Count,
        HeldOutTrainingImages = 0,
        ErrorBefore = before.CalibrationError,
        ErrorAfter = after.CalibrationError,
        LogLossBefore = before.LogLoss,
        LogLossAfter = after.LogLoss,
    };

    /// <summary>What tells pictures that are none of the classes; null with too few validation images to say what is usual.</summary>
    /// <param name="model">The fine-tuned network.</param>
    /// <param name="head">The calibrated head.</param>
    /// <param name="description">How the saved classifier prepares images, and which layer the head works on.</param>
    /// <param name="data">The images.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static NoveltyDetector? FitNovelty(VggModel model, LinearHead head, ClassifierDescription description, FineTuningData data, CancellationToken cancellationToken)
    {
        if (data.ValidationImages.Count < FewestForNovelty)
        {
            return null;
        }

        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions
        {
            Layer = description.Layer,
            InputSize = description.InputSize,
            Resize = description.Resize,
            Decoding = description.Decoding,
            Parallelism = FeatureParallelism.Images,
        });
        float[][] Features(IReadOnlyList<string> paths) => [.. extractor.ExtractAll(ModelQuantizer.Spread(paths, MostImages), cancellationToken).Where(image => image.Values is not null).Select(image => image.Values!)];
        float[][] seen = Features([.. data.TrainingImages.Select(image => image.Path)]);
        float[][] unseen = Features([.. data.ValidationImages.Select(image => image.Path)]);
        if (seen.Length == 0 || unseen.Length < FewestForNovelty)
        {
            // Their files were taken away while the network was trained.
            return null;
        }

        NoveltyDetector detector = NoveltyDetector.Fit(seen, head, description.Seed);
        return detector.WithScores(unseen.Select(features => detector.Score(features, head.Logits(features))));
    }

    private static float[] Logits(float[] probabilities) => [.. probabilities.Select(probability => MathF.Log(Math.Max(probability, Smallest)))];
}
