using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.FineTuning;

/// <summary>
/// Makes a fine-tuned network's probabilities mean what they say, and learns what its classes' pictures look like to it. Unlike a
/// head on frozen features, a network can't be fitted again without some of its images, so the validation images alone count.
/// </summary>
internal static class FinalCalibration
{
    /// <summary>Of fewer validation images, one in twenty is none.</summary>
    public const int FewestForNovelty = 20;

    /// <summary>Images of a kind that are looked at even where the time is over.</summary>
    public const int FewestInTime = 50;

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
    /// <param name="context">The images.</param>
    /// <param name="time">The time there is for it; null for any. With little time, fewer images are looked at.</param>
    public static NoveltyDetector? FitNovelty(VggModel model, LinearHead head, ClassifierDescription description, FineTuningContext context, TimeSpan? time)
    {
        FineTuningData data = context.Data;
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
        string[] training = ModelQuantizer.Spread([.. data.TrainingImages.Select(image => image.Path)], MostImages);
        string[] judged = ModelQuantizer.Spread([.. data.ValidationImages.Select(image => image.Path)], MostImages);
        int total = training.Length + judged.Length;
        TimeSpan? begin = context.Clock?.Used;
        float[][] seen = Features(training, 0);
        float[][] unseen = Features(judged, training.Length);
        if (seen.Length == 0 || unseen.Length < FewestForNovelty)
        {
            // Their files were taken away while the network was trained.
            return null;
        }

        NoveltyDetector detector = NoveltyDetector.Fit(seen, head, description.Seed);
        return detector.WithScores(unseen.Select(features => detector.Score(features, head.Logits(features))));

        float[][] Features(string[] paths, int before)
        {
            int[] order = [.. Enumerable.Range(0, paths.Length)];
            if (time is not null)
            {
                // They are sorted by class, and it may end at any of them.
                new Random(description.Seed).Shuffle(order);
            }

            var found = new float[]?[paths.Length];
            foreach ((int done, ImageFeatures image) in extractor.ExtractAll(order.Select(i => paths[i]), context.CancellationToken).Index())
            {
                found[order[done]] = image.Values;
                context.Report(FineTuningPhase.Evaluating, before + done + 1, total, "what its classes look like");
                if (done + 1 >= FewestInTime && context.Clock?.Used - begin > time * ((double)(before + paths.Length) / total))
                {
                    break;
                }
            }

            return [.. found.OfType<float[]>()];
        }
    }

    private static float[] Logits(float[] probabilities) => [.. probabilities.Select(probability => MathF.Log(Math.Max(probability, Smallest)))];
}
