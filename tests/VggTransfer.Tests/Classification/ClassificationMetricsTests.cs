using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Classification;

namespace VggTransfer.Tests.Classification;

public sealed class ClassificationMetricsTests
{
    private static readonly string[] s_labels = ["a", "b", "c", "d"];

    /// <summary>Oracle: ML.NET's evaluator, on the same scores.</summary>
    [Fact]
    public void Numbers_are_those_of_ML_NET() => Gen.Select(Gen.Int[0, 3].Array[5, 40], Gen.Int).Sample(
        (truth, seed) =>
        {
            // Drawn without ties, for which ML.NET has a rule of its own.
            var random = new Random(seed);
            float[][] probabilities = [.. truth.Select(_ =>
            {
                float[] row = [.. Enumerable.Range(0, 4).Select(_ => random.NextSingle() + 0.01f)];
                return row.Select(p => p / row.Sum()).ToArray();
            })];
            var ml = new MLContext(1);
            IDataView data = ml.Data.LoadFromEnumerable(truth.Zip(probabilities).Select(row => new Row
            {
                Label = s_labels[row.First],
                Score = row.Second,
                PredictedLabel = s_labels[ClassificationMetrics.ArgMax(row.Second)],
            }).ToArray());
            IDataView keys = ml.Data.LoadFromEnumerable(s_labels.Select(label => new Key { Value = label }).ToArray());
            data = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Label"), new InputOutputColumnPair("PredictedLabel")], keyData: keys).Fit(data).Transform(data);

            MulticlassClassificationMetrics expected = ml.MulticlassClassification.Evaluate(data, topKPredictionCount: 2);
            var actual = ClassificationMetrics.Compute(s_labels, truth, probabilities);

            Assert.Equal(expected.MicroAccuracy, actual.Accuracy, 1e-9);
            Assert.Equal(expected.MacroAccuracy, actual.MacroAccuracy, 1e-9);
            Assert.Equal(expected.LogLoss, actual.LogLoss, 1e-6);
            Assert.Equal(expected.TopKAccuracyForAllK, actual.TopKAccuracy.Take(2), (a, b) => Math.Abs(a - b) < 1e-9);
            Assert.Equal(expected.ConfusionMatrix.PerClassPrecision, actual.PerClass.Select(metrics => metrics.Precision));
            Assert.Equal(expected.ConfusionMatrix.PerClassRecall, actual.PerClass.Select(metrics => metrics.Recall));
            Assert.Equal(expected.ConfusionMatrix.Counts, actual.ConfusionMatrix.Select(row => row.Select(count => (double)count)));
        }, iter: 40, threads: 1);

    /// <summary>Oracle: counted by hand.</summary>
    [Fact]
    public void Small_example_is_counted_as_by_hand()
    {
        var metrics = ClassificationMetrics.Compute(["a", "b", "c"], [0, 0, 0, 1], [[0.7f, 0.2f, 0.1f], [0.1f, 0.6f, 0.3f], [0.5f, 0.3f, 0.2f], [0.2f, 0.5f, 0.3f]]);

        Assert.Equal(4, metrics.Count);
        Assert.Equal(0.75, metrics.Accuracy);
        Assert.Equal(((2 / 3.0) + 1) / 2, metrics.MacroAccuracy, 1e-12);
        Assert.Equal([0.75, 0.75, 1], metrics.TopKAccuracy);
        Assert.Equal(-(Math.Log(0.7) + Math.Log(0.1) + Math.Log(0.5) + Math.Log(0.5)) / 4, metrics.LogLoss, 1e-6);
        Assert.Equal(new ClassMetrics("a", 3, 1, 2 / 3.0, 0.8), metrics.PerClass[0]);
        Assert.Equal(new ClassMetrics("b", 1, 0.5, 1, 2 / 3.0), metrics.PerClass[1]);
        Assert.Equal(new ClassMetrics("c", 0, 0, 0, 0), metrics.PerClass[2]);
    }

    [Fact]
    public void Ties_go_to_the_earlier_class_everywhere()
    {
        var metrics = ClassificationMetrics.Compute(["a", "b"], [0, 1, 1], [[0.5f, 0.5f], [0.5f, 0.5f], [0.4f, 0.6f]]);

        Assert.Equal([[1, 0], [1, 1]], metrics.ConfusionMatrix);
        Assert.Equal(2 / 3.0, metrics.Accuracy);
        Assert.Equal([2 / 3.0, 1], metrics.TopKAccuracy);
    }

    [Fact]
    public void Impossible_truth_costs_a_finite_loss() =>
        Assert.Equal(-Math.Log(1e-15), ClassificationMetrics.Compute(["a", "b"], [1], [[1, 0]]).LogLoss, 1e-9);

    [Fact]
    public void Nothing_to_judge_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Compute(["a"], [], []));
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Compute(["a"], [0, 0], [[1]]));
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        [VectorType(4)]
        public float[] Score { get; set; } = [];

        public string PredictedLabel { get; set; } = "";
    }

    private sealed class Key
    {
        public string Value { get; set; } = "";
    }
}
