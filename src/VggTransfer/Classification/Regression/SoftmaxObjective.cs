using System.Numerics.Tensors;

namespace VggTransfer.Classification;

/// <summary>
/// The loss of a multinomial logistic regression: the sum of -ln(probability of the true class) over the images, plus half the
/// L2 strength times the squares of the weights, but not of the biases; as scikit-learn's <c>LogisticRegression</c> with
/// C = 1 / L2 minimises it.
/// </summary>
/// <remarks>
/// Weights are sought in one of two ways. With more images than features, as they are. With more features than images, as
/// weighted sums of the images (the best weights always are): then a coordinate belongs to an image and a class, and the products of
/// images with each other, computed once, take the place of the features. Lengths and angles are those of the weights either
/// way, so both take the same path, and what <see cref="LimitedMemoryBfgs"/> knows as an image of a vector is its products.
/// </remarks>
internal sealed class SoftmaxObjective
{
    /// <summary>Parts in which sums are made; a fixed number, so that they don't depend on the number of threads.</summary>
    private const int MostParts = 16;

    private const long BytesOfParts = 64 << 20;

    private readonly RowBlocks _rows;
    private readonly bool _areProducts;
    private readonly IReadOnlyList<int> _classes;
    private readonly int _classCount;
    private readonly int _weightings;
    private readonly ParallelOptions _parallel;
    private readonly double[][] _sums;
    private readonly double[][] _biasSums;
    private readonly double[] _losses;
    private readonly float[] _weights;

    /// <param name="rows">The scaled features, or the products of images with each other.</param>
    /// <param name="areProducts">Whether they are products.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="threads">How many threads may work; the results don't depend on it.</param>
    public SoftmaxObjective(RowBlocks rows, bool areProducts, IReadOnlyList<int> classes, int classCount, int threads)
    {
        _rows = rows;
        _areProducts = areProducts;
        _classes = classes;
        _classCount = classCount;
        _weightings = (classCount + 1) & ~1;
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        long bytes = (long)_weightings * rows.Stride * sizeof(double);
        int parts = (int)Math.Clamp(BytesOfParts / bytes, 1, Math.Min(MostParts, rows.Blocks));
        _sums = [.. Enumerable.Range(0, parts).Select(_ => new double[_weightings * rows.Stride])];
        _biasSums = [.. Enumerable.Range(0, parts).Select(_ => new double[classCount])];
        _losses = new double[parts];
        _weights = areProducts ? [] : new float[_weightings * rows.Stride];
    }

    /// <summary>Numbers of a vector: the coordinates of class after class, then the biases.</summary>
    public int Length => (_rows.Columns + 1) * _classCount;

    /// <summary>An empty vector of this objective's.</summary>
    public SearchVector CreateVector() => new(Length, _areProducts);

    /// <summary>The loss at a point, and its gradient there.</summary>
    public double Evaluate(SearchVector point, double l2, SearchVector gradient)
    {
        if (!_areProducts)
        {
            for (int k = 0; k < _classCount; k++)
            {
                TensorPrimitives.ConvertTruncating(point.Coordinates.AsSpan(k * _rows.Columns, _rows.Columns), _weights.AsSpan(k * _rows.Stride, _rows.Columns));
            }
        }

        Parallel.For(0, _sums.Length, _parallel, part => EvaluatePart(part, point, gradient));
        int weights = _rows.Columns * _classCount;
        Span<double> image = gradient.Image;
        for (int k = 0; k < _classCount; k++)
        {
            Span<double> sum = image.Slice(k * _rows.Columns, _rows.Columns);
            sum.Clear();
            foreach (double[] part in _sums)
            {
                TensorPrimitives.Add(sum, part.AsSpan(k * _rows.Stride, _rows.Columns), sum);
            }
        }

        Span<double> biases = gradient.Coordinates.AsSpan(weights);
        biases.Clear();
        foreach (double[] part in _biasSums)
        {
            TensorPrimitives.Add(biases, part, biases);
        }

        TensorPrimitives.MultiplyAdd(point.Image.AsSpan(0, weights), l2, image[..weights], image[..weights]);
        if (_areProducts)
        {
            biases.CopyTo(image[weights..]);
            TensorPrimitives.MultiplyAdd(point.Coordinates.AsSpan(0, weights), l2, gradient.Coordinates.AsSpan(0, weights), gradient.Coordinates.AsSpan(0, weights));
        }

        return _losses.Sum() + (l2 / 2 * TensorPrimitives.Dot<double>(point.Coordinates.AsSpan(0, weights), point.Image.AsSpan(0, weights)));
    }

    private void EvaluatePart(int part, SearchVector point, SearchVector gradient)
    {
        double[] sums = _sums[part];
        double[] biasSums = _biasSums[part];
        Array.Clear(sums);
        Array.Clear(biasSums);
        double loss = 0;
        double[] logits = new double[RowBlocks.BlockRows * _weightings];
        float[] residuals = new float[RowBlocks.BlockRows * _weightings];
        ReadOnlySpan<double> biases = point.Coordinates.AsSpan(_rows.Columns * _classCount);
        int end = (int)((long)_rows.Blocks * (part + 1) / _sums.Length);
        for (int block = (int)((long)_rows.Blocks * part / _sums.Length); block < end; block++)
        {
            int rows = _rows.RowsIn(block);
            if (_areProducts)
            {
                TakeLogits(point.Image, block, rows, logits);
            }
            else
            {
                _rows.MultiplyRows(block, (rows + 3) & ~3, _weights, logits);
            }

            for (int i = 0; i < rows; i++)
            {
                Span<double> row = logits.AsSpan(i * _weightings, _classCount);
                int image = (block * RowBlocks.BlockRows) + i;
                loss += ToResiduals(row, biases, _classes[image]);
                TensorPrimitives.Add(biasSums, row, biasSums);
                TensorPrimitives.ConvertTruncating<double, float>(row, residuals.AsSpan(i * _weightings, _classCount));
                if (_areProducts)
                {
                    for (int k = 0; k < _classCount; k++)
                    {
                        gradient.Coordinates[(k * _rows.Columns) + image] = row[k];
                    }
                }
            }

            _rows.AddWeightedRows(block, rows, residuals, _weightings, sums);
        }

        _losses[part] = loss;
    }

    private void TakeLogits(double[] products, int block, int rows, double[] logits)
    {
        for (int k = 0; k < _classCount; k++)
        {
            ReadOnlySpan<double> column = products.AsSpan((k * _rows.Columns) + (block * RowBlocks.BlockRows), rows);
            for (int i = 0; i < rows; i++)
            {
                logits[(i * _weightings) + k] = column[i];
            }
        }
    }

    /// <summary>Logits without biases to probabilities minus truth.</summary>
    /// <returns>The loss of the image.</returns>
    private static double ToResiduals(Span<double> logits, ReadOnlySpan<double> biases, int truth)
    {
        TensorPrimitives.Add(logits, biases, logits);
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<double>(logits), logits);
        double logit = logits[truth];
        TensorPrimitives.Exp<double>(logits, logits);
        double sum = TensorPrimitives.Sum<double>(logits);
        TensorPrimitives.Divide(logits, sum, logits);
        logits[truth] -= 1;
        return Math.Log(sum) - logit;
    }
}
