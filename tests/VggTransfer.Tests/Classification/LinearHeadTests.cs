using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

public sealed class LinearHeadTests
{
    private const int Dimension = 20;

    private static readonly string[] s_labels = ["a", "b", "c"];

    [Fact]
    public void Plain_weights_give_the_probabilities_of_the_transformers()
    {
        (float[][] features, int[] classes) = Draw(60, seed: 1);
        var ml = new MLContext(1);
        FittedHead head = FittedHead.Create(ml, s_labels, LinearHead.Fit(features, classes, s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken));
        IDataView data = ml.Data.LoadFromEnumerable(features.Select(vector => new Row { Features = vector }).ToArray());

        IDataView scored = head.Transformers.Aggregate(data, (view, transformer) => transformer.Transform(view));

        float[][] expected = [.. scored.GetColumn<float[]>("Score")];
        string[] labels = [.. scored.GetColumn<string>("PredictedLabel")];
        for (int i = 0; i < features.Length; i++)
        {
            float[] actual = head.Weights.Probabilities(features[i]);
            Near.Assert(expected[i], actual, 1e-5);
            Assert.Equal(labels[i], s_labels[ClassificationMetrics.ArgMax(actual)]);
            Assert.Equal(1, actual.Sum(), 1e-5);
        }
    }

    [Fact]
    public void Constant_features_do_no_harm()
    {
        (float[][] features, int[] classes) = Draw(60, seed: 2);
        float[][] withConstants = [.. features.Select(vector => (float[])[.. vector, 0, 7, -1e6f])];

        float[] plain = LinearHead.Fit(features, classes, s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken).Probabilities(features[0]);
        LinearHead head = LinearHead.Fit(withConstants, classes, s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken);

        Assert.All(head.Weights.Concat(head.Biases), value => Assert.True(float.IsFinite(value)));
        Near.Assert(plain, head.Probabilities(withConstants[0]), 1e-3);
    }

    [Fact]
    public void Same_data_give_the_same_head_to_the_bit()
    {
        (float[][] features, int[] classes) = Draw(90, seed: 3);

        LinearHead first = LinearHead.Fit(features, classes, s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken);
        LinearHead second = LinearHead.Fit(features, classes, s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(first.Weights, second.Weights);
        Assert.Equal(first.Biases, second.Biases);
    }

    [Fact]
    public void Class_without_images_is_never_likely()
    {
        (float[][] features, int[] classes) = Draw(60, seed: 4);

        LinearHead head = LinearHead.Fit(features, [.. classes.Select(c => c % 2)], s_labels.Length, 10, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(3, head.Classes);
        Assert.All(features, vector => Assert.InRange(head.Probabilities(vector)[2], 0, 0.1f));
    }

    [Fact]
    public void Large_logits_dont_overflow()
    {
        var head = new LinearHead([1000, -1000], [0, 0]);

        Assert.Equal([1, 0], head.Probabilities([1]));
        Assert.Equal([0.5f, 0.5f], head.Probabilities([0]));
    }

    /// <summary>Oracle: scikit-learn's LogisticRegression with C = 1 / L2 behind a StandardScaler.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public void Head_is_the_logistic_regression_of_scikit_learn(float l2)
    {
        using var folder = new TemporaryFolder();
        (float[][] features, int[] classes) = Draw(240, seed: 5);
        (float[][] unseen, int[] truth) = Draw(240, seed: 6);
        Write("x", [.. features.SelectMany(vector => vector)]);
        Write("y", classes);
        Write("u", [.. unseen.SelectMany(vector => vector)]);

        string printed = PythonOracle.Run("sklearn", "python3-sklearn", $"""
            import sys, numpy as np
            from sklearn.linear_model import LogisticRegression
            from sklearn.preprocessing import StandardScaler
            from sklearn.pipeline import make_pipeline
            x, u = (np.fromfile(sys.argv[1] + '/' + n, '<f4').reshape(-1, {Dimension}).astype('f8') for n in 'xu')
            y = np.fromfile(sys.argv[1] + '/y', '<i4')
            m = make_pipeline(StandardScaler(), LogisticRegression(C=1 / float(sys.argv[2]), max_iter=10000, tol=1e-8))
            for p in m.fit(x, y).predict_proba(u).ravel(): print(repr(float(p)))
            """, folder.Path, l2.ToString(CultureInfo.InvariantCulture));

        float[][] expected = [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(p => float.Parse(p, CultureInfo.InvariantCulture)).Chunk(s_labels.Length)];
        LinearHead head = LinearHead.Fit(features, classes, s_labels.Length, l2, cancellationToken: TestContext.Current.CancellationToken);
        float[][] actual = [.. unseen.Select(vector => head.Probabilities(vector))];
        var ours = ClassificationMetrics.Compute(s_labels, truth, actual);
        var theirs = ClassificationMetrics.Compute(s_labels, truth, expected);
        Assert.InRange(theirs.Accuracy, 0.6, 0.99);
        Assert.Equal(theirs.Accuracy, ours.Accuracy, 0.01);
        Assert.Equal(theirs.LogLoss, ours.LogLoss, 0.001);
        for (int i = 0; i < expected.Length; i++)
        {
            Near.Assert(expected[i], actual[i], 0.01, $"image {i}");
        }

        void Write<T>(string name, T[] values)
            where T : unmanaged => File.WriteAllBytes(folder.File(name), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    /// <summary>Three overlapping clouds, on scales as different as those of real features.</summary>
    private static (float[][] Features, int[] Classes) Draw(int count, int seed)
    {
        var random = new Random(seed);
        int[] classes = [.. Enumerable.Range(0, count).Select(i => i % s_labels.Length)];
        return ([.. classes.Select(c => Enumerable.Range(0, Dimension)
            .Select(d => (float)((RandomModels.Gaussian(random) + (d % s_labels.Length == c ? 0.5 : 0) + 3) * Math.Pow(10, (d % 5) - 2)))
            .ToArray())], classes);
    }

    private sealed class Row
    {
        [VectorType(Dimension)]
        public float[] Features { get; set; } = [];
    }
}
