using System.Globalization;
using System.Runtime.InteropServices;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification.Regression;

public sealed class LogisticRegressionTests
{
    private const int Classes = 5;

    /// <summary>Oracle: scikit-learn's LogisticRegression, on the loss that both minimise.</summary>
    [Theory]
    [InlineData(400, 60, 1, false, FeatureScaling.Standardized)]
    [InlineData(400, 60, 100, false, FeatureScaling.Uniform)]
    [InlineData(120, 700, 10, true, FeatureScaling.Standardized)]
    [InlineData(120, 700, 0.1, true, FeatureScaling.Standardized)]
    [InlineData(120, 700, 3, true, FeatureScaling.Uniform)]
    public void The_loss_is_at_least_as_low_as_scikit_learns_and_the_probabilities_are_the_same(int images, int columns, double l2, bool products, FeatureScaling scaling)
    {
        using var folder = new TemporaryFolder();
        (float[][] features, int[] classes) = Draw(images, columns, seed: 1);
        Write("x", [.. features.SelectMany(row => row)]);
        Write("y", classes);
        string printed = PythonOracle.Run("sklearn", "python3-sklearn", """
            import sys, numpy as np
            from sklearn.linear_model import LogisticRegression
            from sklearn.preprocessing import StandardScaler
            x = np.fromfile(sys.argv[1] + '/x', '<f4').reshape(-1, int(sys.argv[2])).astype('f8')
            y = np.fromfile(sys.argv[1] + '/y', '<i4')
            l2 = float(sys.argv[3])
            z = StandardScaler().fit_transform(x) if sys.argv[4] == 'Standardized' else (x - x.mean(0)) / np.sqrt(x.var(0).mean())
            m = LogisticRegression(C=1 / l2, max_iter=20000, tol=1e-8).fit(z, y)
            p = m.predict_proba(z)
            print(repr(float(-np.log(p[np.arange(len(y)), y]).sum() + l2 / 2 * (m.coef_ ** 2).sum())))
            for q in p.ravel(): print(repr(float(q)))
            """, folder.Path, columns.ToString(CultureInfo.InvariantCulture), l2.ToString(CultureInfo.InvariantCulture), scaling.ToString());
        double[] expected = [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

        var regression = LogisticRegression.Create(features, classes, Classes, threads: 2, scaling, products);
        LogisticSolution solution = regression.Fit(l2, cancellationToken: TestContext.Current.CancellationToken);

        Assert.InRange(solution.Loss, expected[0] * (1 - 1e-6), expected[0] * (1 + 1e-6));
        LinearHead head = regression.ToHead(solution);
        for (int i = 0; i < images; i++)
        {
            Near.Assert([.. expected.AsSpan(1 + (i * Classes), Classes).ToArray().Select(p => (float)p)], head.Probabilities(features[i]), 1e-3, $"image {i}");
        }

        void Write<T>(string name, T[] values)
            where T : unmanaged => File.WriteAllBytes(folder.File(name), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1)]
    [InlineData(1000)]
    public void The_gradient_vanishes_at_the_solution(double l2)
    {
        (float[][] features, int[] classes) = Draw(300, 40, seed: 2);
        LogisticRegression regression = Create(features, classes);
        LogisticSolution solution = regression.Fit(l2, cancellationToken: TestContext.Current.CancellationToken);
        LinearHead head = regression.ToHead(solution);

        // By the definition, in double precision, on features standardised here.
        double[][] standardized = Standardize(features);
        double[,] gradient = new double[Classes, standardized[0].Length + 1];
        double loss = 0;
        for (int i = 0; i < features.Length; i++)
        {
            double[] logits = [.. Enumerable.Range(0, Classes).Select(k => Bias(k) + standardized[i].Select((value, j) => value * Weight(k, j)).Sum())];
            double sum = logits.Sum(Math.Exp);
            loss += Math.Log(sum) - logits[classes[i]];
            for (int k = 0; k < Classes; k++)
            {
                double residual = (Math.Exp(logits[k]) / sum) - (classes[i] == k ? 1 : 0);
                gradient[k, standardized[i].Length] += residual;
                for (int j = 0; j < standardized[i].Length; j++)
                {
                    gradient[k, j] += residual * standardized[i][j];
                }
            }
        }

        double squared = 0;
        for (int k = 0; k < Classes; k++)
        {
            for (int j = 0; j <= standardized[0].Length; j++)
            {
                double penalty = j < standardized[0].Length ? l2 * Weight(k, j) : 0;
                squared += Math.Pow(gradient[k, j] + penalty, 2);
                loss += penalty * (penalty / l2) / 2;
            }
        }

        Assert.Equal(loss, solution.Loss, loss * 1e-6);
        Assert.InRange(Math.Sqrt(squared), 0, 1e-3 * features.Length);
        Assert.InRange(squared / (2 * l2), 0, 2e-6 * loss / Math.Min(1, l2));
        Assert.Equal(Math.Sqrt(squared), solution.GradientNorm, 1e-3 * Math.Sqrt(features.Length));

        // Back from raw features to standardised ones.
        double Weight(int k, int j) => head.Weights[(k * head.Dimension) + j] / Scale(features, j);
        double Bias(int k) => head.Biases[k] + Enumerable.Range(0, head.Dimension).Sum(j => head.Weights[(k * head.Dimension) + j] * features.Average(row => (double)row[j]));
    }

    [Theory]
    [InlineData(200, 150)]
    [InlineData(70, 900)]
    [InlineData(33, 65)]
    public void Both_forms_find_the_same_weights(int images, int columns)
    {
        (float[][] features, int[] classes) = Draw(images, columns, seed: 3);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        bool[] forms = [false, true];
        LinearHead[] heads = [.. forms.Select(products =>
        {
            var regression = LogisticRegression.Create(features, classes, Classes, threads: 2, usesProducts: products);
            return regression.ToHead(regression.Fit(3, cancellationToken: cancellationToken));
        })];
        foreach (float[] row in features)
        {
            Near.Assert(heads[0].Probabilities(row), heads[1].Probabilities(row), 2e-4);
        }

        Near.Assert(heads[0].Weights, heads[1].Weights, 1e-3 * heads[0].Weights.Max(Math.Abs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_number_of_threads_gives_the_same_bits(bool products)
    {
        (float[][] features, int[] classes) = Draw(700, 90, seed: 4);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        int[] counts = [1, 2, 3, 7];
        LinearHead[] heads = [.. counts.Select(threads =>
        {
            var regression = LogisticRegression.Create(features, classes, Classes, threads, usesProducts: products);
            return regression.ToHead(regression.Fit(10, cancellationToken: cancellationToken));
        })];
        Assert.All(heads, head => Assert.Equal(heads[0].Weights, head.Weights));
        Assert.All(heads, head => Assert.Equal(heads[0].Biases, head.Biases));
    }

    [Fact]
    public void A_start_shortens_the_way_and_not_the_result()
    {
        (float[][] features, int[] classes) = Draw(400, 80, seed: 5);
        LogisticRegression regression = Create(features, classes);
        LogisticSolution strong = regression.Fit(100, cancellationToken: TestContext.Current.CancellationToken);
        LogisticSolution cold = regression.Fit(30, cancellationToken: TestContext.Current.CancellationToken);
        LogisticSolution warm = regression.Fit(30, strong, cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(warm.Evaluations < cold.Evaluations, $"{warm.Evaluations} instead of {cold.Evaluations}");
        Assert.Equal(cold.Loss, warm.Loss, cold.Loss * 1e-6);
        Assert.Equal(strong.Loss, regression.Fit(100, strong, cancellationToken: TestContext.Current.CancellationToken).Loss);
    }

    [Fact]
    public void Without_a_penalty_separable_classes_end_in_finite_weights()
    {
        (float[][] features, int[] classes) = Draw(30, 50, seed: 6);
        LogisticRegression regression = Create(features, classes);
        LinearHead head = regression.ToHead(regression.Fit(0, cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(head.Weights.Concat(head.Biases), value => Assert.True(float.IsFinite(value)));
        for (int i = 0; i < features.Length; i++)
        {
            Assert.InRange(head.Probabilities(features[i])[classes[i]], 0.99f, 1);
        }
    }

    [Fact]
    public void Features_that_are_no_numbers_are_refused()
    {
        (float[][] features, int[] classes) = Draw(10, 5, seed: 7);
        features[3][2] = float.NaN;
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => Create(features, classes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_fit_ends()
    {
        (float[][] features, int[] classes) = Draw(100, 20, seed: 8);
        LogisticRegression regression = Create(features, classes);
        Assert.Throws<OperationCanceledException>(() => regression.Fit(1, cancellationToken: new CancellationToken(canceled: true)));
    }

    /// <summary>Oracle: the definition, in double precision.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 32)]
    [InlineData(100, 1027)]
    [InlineData(130, 33)]
    public void Products_of_rows_are_scalar_products_and_weighted_sums_are_sums(int rows, int columns)
    {
        var random = new Random(1);
        var matrix = new RowBlocks(rows, columns);
        for (int i = 0; i < rows; i++)
        {
            foreach (ref float value in matrix.Row(i))
            {
                value = (float)RandomModels.Gaussian(random);
            }
        }

        const int others = 4;
        float[] other = new float[others * matrix.Stride];
        float[] weights = new float[RowBlocks.BlockRows * others];
        double[] sums = new double[others * matrix.Stride];
        double[] expectedSums = new double[others * matrix.Stride];
        for (int k = 0; k < others; k++)
        {
            for (int j = 0; j < columns; j++)
            {
                other[(k * matrix.Stride) + j] = (float)RandomModels.Gaussian(random);
            }
        }

        for (int block = 0; block < matrix.Blocks; block++)
        {
            double[] products = new double[RowBlocks.BlockRows * others];
            matrix.MultiplyRows(block, (matrix.RowsIn(block) + 3) & ~3, other, products);
            for (int i = 0; i < matrix.RowsIn(block); i++)
            {
                float[] row = matrix.Row((block * RowBlocks.BlockRows) + i).ToArray();
                for (int k = 0; k < others; k++)
                {
                    weights[(i * others) + k] = (float)RandomModels.Gaussian(random);
                    double product = 0;
                    for (int j = 0; j < columns; j++)
                    {
                        product += (double)row[j] * other[(k * matrix.Stride) + j];
                        expectedSums[(k * matrix.Stride) + j] += (double)row[j] * weights[(i * others) + k];
                    }

                    Assert.Equal(product, products[(i * others) + k], 2e-5 * Math.Sqrt(columns));
                }
            }

            matrix.AddWeightedRows(block, matrix.RowsIn(block), weights, others, sums);
        }

        for (int i = 0; i < sums.Length; i++)
        {
            Assert.Equal(expectedSums[i], sums[i], 1e-4);
        }
    }

    private static LogisticRegression Create(float[][] features, int[] classes) => LogisticRegression.Create(features, classes, Classes, threads: 2);

    private static double Scale(float[][] features, int column)
    {
        double mean = features.Average(row => (double)row[column]);
        return 1 / Math.Sqrt(features.Average(row => Math.Pow(row[column] - mean, 2)));
    }

    private static double[][] Standardize(float[][] features)
    {
        double[] means = [.. Enumerable.Range(0, features[0].Length).Select(j => features.Average(row => (double)row[j]))];
        double[] scales = [.. Enumerable.Range(0, features[0].Length).Select(j => Scale(features, j))];
        return [.. features.Select(row => row.Select((value, j) => (value - means[j]) * scales[j]).ToArray())];
    }

    /// <summary>Overlapping clouds whose columns depend on each other, on scales as different as those of real features.</summary>
    private static (float[][] Features, int[] Classes) Draw(int count, int columns, int seed)
    {
        var random = new Random(seed);
        int[] classes = [.. Enumerable.Range(0, count).Select(i => i % Classes)];
        return ([.. classes.Select(c =>
        {
            double shared = RandomModels.Gaussian(random);
            return Enumerable.Range(0, columns)
                .Select(j => (float)(((RandomModels.Gaussian(random) + shared + (j % Classes == c ? 0.4 : 0)) * Math.Pow(10, (j % 5) - 2)) + (j % 3)))
                .ToArray();
        })], classes);
    }
}
