namespace VggTransfer.Classification;

/// <summary>
/// Features with mean 0 over the images, and with variance 1, each for itself, as scikit-learn's <c>StandardScaler</c> makes them, or on
/// average. What is the same for all images becomes 0.
/// </summary>
internal sealed class ScaledFeatures
{
    private const double DoubleEpsilon = 2.220446049250313e-16;

    private readonly double[] _mean;
    private readonly double[] _scale;

    private ScaledFeatures(RowBlocks rows, double[] mean, double[] scale)
    {
        Rows = rows;
        _mean = mean;
        _scale = scale;
    }

    public RowBlocks Rows { get; }

    /// <param name="features">One vector for each image, all of the same length.</param>
    /// <param name="scaling">What has variance 1 then.</param>
    /// <param name="threads">How many threads may work; the result doesn't depend on it.</param>
    /// <exception cref="ArgumentException">A feature isn't a finite number.</exception>
    public static ScaledFeatures Create(IReadOnlyList<float[]> features, FeatureScaling scaling, int threads)
    {
        int columns = features[0].Length;
        double[] mean = new double[columns];
        double[] scale = new double[columns];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        const int stretch = 512;
        Parallel.For(0, (columns + stretch - 1) / stretch, options, part =>
        {
            int begin = part * stretch;
            int length = Math.Min(stretch, columns - begin);
            Span<double> sums = mean.AsSpan(begin, length);
            Span<double> squares = scale.AsSpan(begin, length);
            foreach (float[] row in features)
            {
                ReadOnlySpan<float> values = row.AsSpan(begin, length);
                for (int j = 0; j < values.Length; j++)
                {
                    sums[j] += values[j];
                }
            }

            for (int j = 0; j < sums.Length; j++)
            {
                sums[j] /= features.Count;
            }

            foreach (float[] row in features)
            {
                ReadOnlySpan<float> values = row.AsSpan(begin, length);
                for (int j = 0; j < values.Length; j++)
                {
                    double difference = values[j] - sums[j];
                    squares[j] += difference * difference;
                }
            }

            for (int j = 0; j < squares.Length; j++)
            {
                squares[j] /= features.Count;
            }
        });

        if (!mean.All(double.IsFinite))
        {
            throw new ArgumentException("Features must be finite numbers, and some aren't: the network's weights may be damaged, or meant for other pixels.", nameof(features));
        }

        // In one place and order, so that the mean doesn't depend on the number of threads.
        double uniform = scaling == FeatureScaling.Uniform ? 1 / Math.Sqrt(scale.Average()) : 0;
        for (int j = 0; j < columns; j++)
        {
            scale[j] = IsConstant(scale[j], mean[j], features.Count) ? 0 : scaling == FeatureScaling.Uniform ? uniform : 1 / Math.Sqrt(scale[j]);
        }

        var rows = new RowBlocks(features.Count, columns);
        Parallel.For(0, rows.Blocks, options, block =>
        {
            for (int i = 0; i < rows.RowsIn(block); i++)
            {
                int row = (block * RowBlocks.BlockRows) + i;
                float[] values = features[row];
                Span<float> destination = rows.Row(row);
                for (int j = 0; j < values.Length; j++)
                {
                    destination[j] = (float)((values[j] - mean[j]) * scale[j]);
                }
            }
        });
        return new ScaledFeatures(rows, mean, scale);
    }

    /// <summary>A head on raw features that gives what another gives on scaled ones.</summary>
    /// <param name="weights">(classes, columns), row by row.</param>
    /// <param name="biases">One for each class.</param>
    public LinearHead Fold(ReadOnlySpan<double> weights, ReadOnlySpan<double> biases)
    {
        int columns = Rows.Columns;
        float[] folded = new float[weights.Length];
        float[] shifted = new float[biases.Length];
        for (int k = 0; k < biases.Length; k++)
        {
            double bias = biases[k];
            for (int j = 0; j < columns; j++)
            {
                // The bias makes up for the weight as it is after rounding.
                float weight = (float)(weights[(k * columns) + j] * _scale[j]);
                folded[(k * columns) + j] = weight;
                bias -= weight * _mean[j];
            }

            shifted[k] = (float)bias;
        }

        return new LinearHead(folded, shifted);
    }

    /// <summary>scikit-learn's rule: a variance that rounding alone explains is none (Chan, Golub, LeVeque 1983).</summary>
    private static bool IsConstant(double variance, double mean, int count)
    {
        double rounding = count * mean * DoubleEpsilon;
        return variance <= (count * DoubleEpsilon * variance) + (rounding * rounding);
    }
}
