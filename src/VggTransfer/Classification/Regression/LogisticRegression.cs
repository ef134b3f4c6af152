namespace VggTransfer.Classification;

/// <summary>A minimum that was found.</summary>
/// <param name="Point">Weights and biases, in the regression's own coordinates: a start for another strength.</param>
/// <param name="Loss">The sum of losses with the penalty, on scaled features.</param>
/// <param name="GradientNorm">The gradient's length there.</param>
/// <param name="Evaluations">How often loss and gradient were computed.</param>
internal sealed record LogisticSolution(SearchVector Point, double Loss, double GradientNorm, int Evaluations);

/// <summary>
/// Multinomial logistic regression on scaled features. What doesn't depend on the strength of the penalty is done once, so
/// that several strengths can be tried. The same bits on any number of threads.
/// </summary>
/// <remarks>
/// Beside ML.NET's L-BFGS it works on all processors, in blocks that stay in the cache, and stops by the distance to the minimum
/// instead of by the last step's gain.
/// </remarks>
internal sealed class LogisticRegression
{
    /// <summary>
    /// How far above the minimum the loss may stay, as a share of it, wherever the result is kept: as far as scikit-learn's stays
    /// with its default.
    /// </summary>
    private const double FineTolerance = 1e-9;

    /// <summary>The same where fits are compared only, which takes a third fewer steps.</summary>
    public const double CoarseTolerance = 1e-6;

    /// <summary>Without a penalty there may be no minimum at all; then it is looked for as if there were a weak one.</summary>
    private const double WeakestPenalty = 1e-4;

    /// <summary>About how often a fit computes the loss; decides which form is the cheaper one, and nothing else.</summary>
    private const double UsualEvaluations = 50;

    private readonly ScaledFeatures _features;
    private readonly SoftmaxObjective _objective;
    private readonly bool _usesProducts;
    private readonly int _classCount;

    private LogisticRegression(ScaledFeatures features, SoftmaxObjective objective, bool usesProducts, int classCount)
    {
        _features = features;
        _objective = objective;
        _usesProducts = usesProducts;
        _classCount = classCount;
    }

    /// <param name="features">One vector for each image, all of the same length, of finite numbers.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <param name="scaling">How features are scaled first.</param>
    /// <param name="usesProducts">Whether to work with products of images instead of features; null to take what is faster.</param>
    /// <exception cref="ArgumentException">A feature isn't a finite number.</exception>
    public static LogisticRegression Create(IReadOnlyList<float[]> features, IReadOnlyList<int> classes, int classCount, int threads, FeatureScaling scaling = FeatureScaling.Standardized, bool? usesProducts = null)
    {
        var scaled = ScaledFeatures.Create(features, scaling, threads);
        bool products = usesProducts ?? AreProductsFaster(features.Count, features[0].Length, classCount);
        RowBlocks rows = products ? ProductsOf(scaled.Rows, threads) : scaled.Rows;
        return new LogisticRegression(scaled, new SoftmaxObjective(rows, products, classes, classCount, threads), products, classCount);
    }

    /// <summary>Finds the weights for a strength of the penalty.</summary>
    /// <param name="l2">The strength, 0 or more; scikit-learn's 1/C.</param>
    /// <param name="start">A solution of this regression for another strength, from which the way is shorter; null for none.</param>
    /// <param name="tolerance">How far above the minimum the loss may stay, as a share of it; about, since biases have no penalty.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public LogisticSolution Fit(double l2, LogisticSolution? start = null, double tolerance = FineTolerance, CancellationToken cancellationToken = default)
    {
        // A convex function whose curvature is at least c lies at most (squared gradient) / 2c above its minimum.
        double curvature = Math.Max(l2, WeakestPenalty);
        SearchResult result = LimitedMemoryBfgs.Minimize(
            (point, gradient) => _objective.Evaluate(point, l2, gradient),
            _objective.CreateVector,
            start?.Point ?? _objective.CreateVector(),
            (loss, squaredGradient) => squaredGradient <= 2 * curvature * tolerance * loss,
            cancellationToken);
        return new LogisticSolution(result.Point, result.Value, Math.Sqrt(result.SquaredGradient), result.Evaluations);
    }

    /// <summary>The head of a solution, for raw features.</summary>
    public LinearHead ToHead(LogisticSolution solution)
    {
        int coordinates = solution.Point.Coordinates.Length - _classCount;
        ReadOnlySpan<double> biases = solution.Point.Coordinates.AsSpan(coordinates);
        return _features.Fold(_usesProducts ? Combine(solution.Point) : solution.Point.Coordinates.AsSpan(0, coordinates), biases);
    }

    private static bool AreProductsFaster(int images, int columns, int classes)
    {
        // Multiplications: once for the products, and in each evaluation two for each number of the matrix and class.
        double once = images * (double)images * columns / 2;
        double plain = UsualEvaluations * 2 * classes * images * columns;
        double withProducts = once + (UsualEvaluations * classes * images * images);
        return columns > images && withProducts < plain;
    }

    /// <summary>The products of all images with each other.</summary>
    private static RowBlocks ProductsOf(RowBlocks rows, int threads)
    {
        var products = new RowBlocks(rows.Rows, rows.Rows);
        (int First, int Second)[] pairs = [.. Enumerable.Range(0, rows.Blocks).SelectMany(first => Enumerable.Range(0, first + 1).Select(second => (first, second)))];
        Parallel.ForEach(pairs, new ParallelOptions { MaxDegreeOfParallelism = threads }, pair =>
        {
            double[] block = new double[RowBlocks.BlockRows * RowBlocks.BlockRows];
            rows.MultiplyRows(pair.First, RowBlocks.BlockRows, rows.Block(pair.Second), block);
            for (int i = 0; i < rows.RowsIn(pair.First); i++)
            {
                int row = (pair.First * RowBlocks.BlockRows) + i;
                for (int k = 0; k < rows.RowsIn(pair.Second); k++)
                {
                    int column = (pair.Second * RowBlocks.BlockRows) + k;
                    float product = (float)block[(i * RowBlocks.BlockRows) + k];
                    products.Row(row)[column] = product;
                    products.Row(column)[row] = product;
                }
            }
        });
        return products;
    }

    /// <summary>Coordinates that belong to images as weights that belong to features.</summary>
    private double[] Combine(SearchVector point)
    {
        RowBlocks rows = _features.Rows;
        int weightings = (_classCount + 1) & ~1;
        double[] sums = new double[weightings * rows.Stride];
        float[] shares = new float[RowBlocks.BlockRows * weightings];
        for (int block = 0; block < rows.Blocks; block++)
        {
            for (int i = 0; i < rows.RowsIn(block); i++)
            {
                for (int k = 0; k < _classCount; k++)
                {
                    shares[(i * weightings) + k] = (float)point.Coordinates[(k * rows.Rows) + (block * RowBlocks.BlockRows) + i];
                }
            }

            rows.AddWeightedRows(block, rows.RowsIn(block), shares, weightings, sums);
        }

        double[] weights = new double[_classCount * rows.Columns];
        for (int k = 0; k < _classCount; k++)
        {
            sums.AsSpan(k * rows.Stride, rows.Columns).CopyTo(weights.AsSpan(k * rows.Columns));
        }

        return weights;
    }
}
