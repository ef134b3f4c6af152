using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;

namespace VggTransfer.Classification;

/// <summary>A layer set and regularisation that was tried.</summary>
/// <param name="Layer">What was taken as features.</param>
/// <param name="L2Regularization">Strength of the L2 penalty; scikit-learn's 1/C.</param>
/// <param name="Accuracy">Share of held-out images predicted right, over all folds, 0 to 1.</param>
/// <param name="LogLoss">Mean of -ln(probability of the true class) over held-out images.</param>
public sealed record LayerTrial(FeatureLayer Layer, double L2Regularization, double Accuracy, double LogLoss);

/// <summary>
/// Chooses what to take from a network whose dense layers aren't there, and how strongly to regularise, by
/// cross-validation on the training images alone. One forward pass has yielded the pooled maps of the last blocks, so a
/// trial costs only the fit of a head.
/// </summary>
internal sealed class LayerSelection
{
    /// <summary>Trials on more images cost more time and change the choice little.</summary>
    private const int LargestSample = 2000;

    private const int Folds = 3;

    /// <summary>Tried first, with every layer set, and used where there are too few images to try anything: scikit-learn's C = 0.01.</summary>
    public const double DefaultL2 = 100;

    /// <summary>With fewer images, a held-out part says nothing.</summary>
    public const int SmallestSet = 4 * Folds;

    /// <summary>On either side of the first one, in the order in which a solution is the next one's start.</summary>
    private static readonly double[][] s_otherL2 = [[30, 10], [300, 1000]];

    private readonly int _seed;
    private readonly IReadOnlyList<string> _labels;
    private readonly int _threads;

    public LayerSelection(IReadOnlyList<string> labels, int seed, int threads)
    {
        _labels = labels;
        _seed = seed;
        _threads = threads;
    }

    /// <summary>The layer set to take where there are too few images to try any: the richest but one has done well wherever there was something to measure.</summary>
    /// <param name="candidates">As <see cref="IBackbone.LayerCandidates"/> gives them, or a single one.</param>
    public static FeatureLayer Usual(IReadOnlyList<FeatureLayer> candidates) => candidates[Math.Max(0, candidates.Count - 2)];

    /// <summary>Layer sets with their parts of features that hold all of them.</summary>
    /// <param name="candidates">The layer sets.</param>
    /// <param name="whole">What the features hold.</param>
    /// <param name="dimension">How long a layer's features are in the network that gave them.</param>
    /// <param name="featuresOf">The whole features of an image.</param>
    public static IReadOnlyList<(FeatureLayer Layer, Func<int, float[]> Features)> Slice(
        IReadOnlyList<FeatureLayer> candidates, FeatureLayer whole, Func<FeatureLayer, int> dimension, Func<int, float[]> featuresOf) =>
    [
        .. candidates.Select(layer =>
        {
            var slicer = new FeatureSlicer(whole, layer, dimension);
            return (layer, new Func<int, float[]>(i => slicer.Slice(featuresOf(i))));
        }),
    ];

    /// <summary>Tries layer sets, then other regularisations of the best.</summary>
    /// <param name="l2Regularization">The only regularisation to try; null to compare several.</param>
    /// <param name="candidates">Layer sets, each with the features it gives for every image.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="progress">Told the number of trials done, of all.</param>
    /// <param name="cancellationToken">Ends the work between two fits.</param>
    /// <param name="isEnough">Asked after each trial whether the ones so far must do; null to try all.</param>
    /// <returns>The trials, best first; at least one.</returns>
    public IReadOnlyList<LayerTrial> Run(
        IReadOnlyList<(FeatureLayer Layer, Func<int, float[]> Features)> candidates, IReadOnlyList<int> classes, double? l2Regularization, Action<int, int>? progress, CancellationToken cancellationToken, Func<bool>? isEnough = null)
    {
        double[][] others = l2Regularization is null ? s_otherL2 : [];
        int[][] folds = DrawFolds(classes);
        var trials = new List<LayerTrial>();
        int total = candidates.Count + others.Sum(path => path.Length);
        (FeatureLayer Layer, FoldFit[] Fits)? best = null;
        foreach ((FeatureLayer layer, Func<int, float[]> features) in candidates)
        {
            FoldFit[] fits = Try(layer, [.. folds.Select((fold, held) =>
                FoldFit.Create(features, classes, _labels.Count, [.. folds.Where((_, other) => other != held).SelectMany(rest => rest)], fold, _threads))], l2Regularization ?? DefaultL2);
            best = Rank(trials)[0].Layer == layer ? (layer, fits) : best;
            if (isEnough?.Invoke() is true)
            {
                return Rank(trials);
            }
        }

        foreach (double[] path in others)
        {
            FoldFit[] fits = best!.Value.Fits;
            foreach (double l2 in path)
            {
                fits = Try(best.Value.Layer, fits, l2);
                if (isEnough?.Invoke() is true)
                {
                    return Rank(trials);
                }
            }
        }

        return Rank(trials);

        FoldFit[] Try(FeatureLayer layer, FoldFit[] fits, double l2)
        {
            FoldFit[] next = [.. fits.Select(fit => fit.For(l2, cancellationToken))];
            var metrics = ClassificationMetrics.Compute(_labels, [.. folds.SelectMany(fold => fold).Select(i => classes[i])], [.. next.SelectMany(fit => fit.Predict())]);
            trials.Add(new LayerTrial(layer, l2, metrics.Accuracy, metrics.LogLoss));
            progress?.Invoke(trials.Count, total);
            return next;
        }
    }

    /// <summary>
    /// Negative if the first trial is the better one: by log-loss, which tells good from better with far fewer images than
    /// accuracy does.
    /// </summary>
    public static int Compare(LayerTrial first, LayerTrial second) => first.LogLoss.CompareTo(second.LogLoss);

    // A stable sort: of two equal trials the earlier, smaller one stays in front.
    private static List<LayerTrial> Rank(IEnumerable<LayerTrial> trials) => [.. trials.Order(Comparer<LayerTrial>.Create(Compare))];

    /// <summary>Deals the images of each class round the folds; of a large set, a stratified sample.</summary>
    public int[][] DrawFolds(IReadOnlyList<int> classes)
    {
        var random = new Random(_seed);
        List<int>[] folds = [.. Enumerable.Range(0, Folds).Select(_ => new List<int>())];
        double share = Math.Min(1, (double)LargestSample / classes.Count);
        int next = 0;
        foreach (IGrouping<int, int> label in Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(group => group.Key))
        {
            int[] indices = [.. label];
            random.Shuffle(indices);
            foreach (int index in indices.Take(Math.Max((int)(indices.Length * share), Math.Min(indices.Length, Folds))))
            {
                folds[next++ % Folds].Add(index);
            }
        }

        return [.. folds.Select(fold => fold.ToArray())];
    }

    /// <summary>A head on the images outside a fold, for one strength of the penalty.</summary>
    private sealed record FoldFit(LogisticRegression Regression, LogisticSolution? Solution, float[][] Held)
    {
        public static FoldFit Create(Func<int, float[]> featuresOf, IReadOnlyList<int> classes, int classCount, int[] rest, int[] held, int threads) => new(
            LogisticRegression.Create([.. rest.Select(featuresOf)], [.. rest.Select(i => classes[i])], classCount, threads), Solution: null, [.. held.Select(featuresOf)]);

        /// <summary>The same for another strength, begun where this one ended.</summary>
        public FoldFit For(double l2, CancellationToken cancellationToken) => this with { Solution = Regression.Fit(l2, Solution, LogisticRegression.CoarseTolerance, cancellationToken) };

        public IEnumerable<float[]> Predict()
        {
            LinearHead head = Regression.ToHead(Solution!);
            return Held.Select(features => head.Probabilities(features));
        }
    }
}
