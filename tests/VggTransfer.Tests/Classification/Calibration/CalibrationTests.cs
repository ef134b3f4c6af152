using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification.Calibration;

public sealed class CalibrationTests
{
    private static readonly string[] s_labels = ["a", "b", "c"];

    /// <summary>Oracle: the temperature that the classes were drawn with.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_temperature_of_drawn_classes_is_found(double temperature)
    {
        (float[][] logits, int[] truth) = Draw(temperature, 20_000, seed: 1);
        Assert.Equal(temperature, TemperatureScaling.Fit(logits, truth), 0.05 * temperature);
    }

    [Fact]
    public void A_handful_of_hits_gives_no_certainty()
    {
        float[][] logits = [[4, 0, 0], [0, 4, 0], [0, 0, 4]];
        Assert.InRange(TemperatureScaling.Fit(logits, [0, 1, 2]), 0.5, 0.999);
        Assert.InRange(TemperatureScaling.Fit(logits, [1, 2, 0]), 1.2, 20);
        Assert.Equal(1, TemperatureScaling.Fit([], []), 1e-9);
    }

    [Fact]
    public void A_head_at_a_temperature_divides_its_logits()
    {
        var random = new Random(1);
        var head = new LinearHead([.. Enumerable.Range(0, 12).Select(_ => random.NextSingle())], [1, 2, 3]);
        float[] features = [1, -2, 3, 0.5f];

        float[] expected = [.. head.Logits(features).Select(logit => logit / 2.5f)];
        Near.Assert(expected, head.AtTemperature(2.5).Logits(features), 1e-6, "logits");
        LinearHead.ToProbabilities(expected);
        Near.Assert(expected, head.AtTemperature(2.5).Probabilities(features), 1e-6, "probabilities");
    }

    /// <summary>Oracle: the formula's closed ends, and R's <c>binom::binom.wilson</c> for 50 of 100 and 1 of 20.</summary>
    [Theory]
    [InlineData(10, 10, 0.7224672, 1)]
    [InlineData(0, 10, 0, 0.2775328)]
    [InlineData(50, 100, 0.4038315, 0.5961685)]
    [InlineData(1, 20, 0.0088814, 0.2361309)]
    public void Wilson_s_interval(int hits, int count, double low, double high)
    {
        ConfidenceInterval interval = ConfidenceInterval.Wilson(hits, count);
        Assert.Equal(low, interval.Low, 1e-6);
        Assert.Equal(high, interval.High, 1e-6);
    }

    [Fact]
    public void Calibration_error_by_hand()
    {
        // Bins of 1/15: 0.9 lies in the 14th, 0.45 in the 7th. |0.9 - 2/3| for three images, |0.45 - 1| for one.
        var metrics = ClassificationMetrics.Compute(s_labels, [0, 0, 1, 2], [[0.9f, 0.05f, 0.05f], [0.9f, 0.1f, 0], [0.9f, 0.1f, 0], [0.3f, 0.25f, 0.45f]]);

        Assert.Equal(15, metrics.Reliability.Count);
        Assert.Equal(3, metrics.Reliability[13].Count);
        Assert.Equal(2d / 3, metrics.Reliability[13].Accuracy, 1e-9);
        Assert.Equal(0.9, metrics.Reliability[13].Confidence, 1e-6);
        Assert.Equal(1, metrics.Reliability[6].Count);
        Assert.Equal(((3 * (0.9 - (2d / 3))) + 0.55) / 4, metrics.CalibrationError, 1e-6);
        Assert.Equal(ConfidenceInterval.Wilson(3, 4), metrics.AccuracyInterval);
    }

    [Fact]
    public void A_head_that_is_too_sure_is_calibrated_on_validation_images_alone_if_there_are_enough()
    {
        (float[][] logits, int[] truth) = Draw(temperature: 4, 400, seed: 2);
        var identity = new LinearHead([1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]);
        var images = new LabeledFeatures(logits, truth);
        var calibration = new HeadCalibration(s_labels, seed: 1, threads: 2, TestContext.Current.CancellationToken);

        var recipe = new HeadRecipe(FeatureLayer.Parse("logits"), FeatureScaling.Standardized, L2Regularization: 1);
        CalibratedHead many = calibration.Calibrate(identity, recipe, images, images);
        CalibratedHead few = calibration.Calibrate(identity, recipe, images, images.Select([.. Enumerable.Range(0, 50)]));

        Assert.Equal((400, 0), (many.Summary.Images, many.Summary.HeldOutTrainingImages));
        Assert.Equal((450, 400), (few.Summary.Images, few.Summary.HeldOutTrainingImages));
        Assert.InRange(many.Summary.Temperature, 3, 5);
        Assert.True(many.Summary.ErrorAfter < many.Summary.ErrorBefore / 2, $"{many.Summary}");
        Assert.True(many.Summary.LogLossAfter < many.Summary.LogLossBefore, $"{many.Summary}");
        Assert.Equal(many.Summary.LogLossAfter, many.Validation.LogLoss);
        Assert.NotNull(many.Novelty);
        Assert.Equal(450, few.Novelty!.Scores.Count);
    }

    /// <summary>Logits, and classes drawn from their softmax at a temperature.</summary>
    private static (float[][] Logits, int[] Truth) Draw(double temperature, int count, int seed)
    {
        var random = new Random(seed);
        float[][] logits = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 3).Select(_ => (float)(4 * RandomModels.Gaussian(random))).ToArray())];
        return (logits, [.. logits.Select(row =>
        {
            float[] probabilities = [.. row.Select(logit => (float)(logit / temperature))];
            LinearHead.ToProbabilities(probabilities);
            double drawn = random.NextDouble();
            return drawn < probabilities[0] ? 0 : drawn < probabilities[0] + probabilities[1] ? 1 : 2;
        })]);
    }
}
