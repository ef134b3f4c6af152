using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;

namespace VggTransfer.Classification;

/// <summary>Features that a head may work on.</summary>
/// <param name="Layer">What they are.</param>
/// <param name="Scaling">How they are scaled.</param>
/// <param name="Features">The features of an image.</param>
internal sealed record HeadCandidate(FeatureLayer Layer, FeatureScaling Scaling, Func<int, float[]> Features);

/// <summary>
/// Chooses what to take from a network, how to normalise and scale it, and how strongly to regularise, by cross-validation on the
/// training images alone. One forward pass has yielded the pooled maps of the last blocks, so a trial costs only the fit of a head.
/// </summary>
internal sealed class HeadSelection
{
    /// <summary>Tried first, and used where there are too few images to try anything: scikit-learn's C = 1/30.</summary>
    public const double DefaultL2 = 30;

    /// <summary>With fewer images, a held-out part says nothing.</summary>
    public const int SmallestSet = 4 * CrossValidation.Folds;

    /// <summary>So many of the candidates are tried at other strengths; which of two similar ones is better, the first strength doesn't tell.</summary>
    private const int Finalists = 2;

    /// <summary>Strengths on either side of the first one. Each way is gone until it gets worse.</summary>
    private static readonly double[][] s_otherL2 = [[10, 3, 1, 0.3, 0.1, 0.03, 0.01], [100, 300, 1000, 3000, 10_000, 30_000, 100_000]];

    private readonly int _seed;
    private readonly IReadOnlyList<string> _labels;
    private readonly int _threads;

    public HeadSelection(IReadOnlyList<string> labels, int seed, int threads)
    {
        _labels = labels;
        _seed = seed;
        _threads = threads;
    }

    /// <summary>Whether images suffice for trials to say something: every class is learnt from and judged, in the mean by more than two images.</summary>
    /// <param name="classes">For each image the index of its class.</param>
    public static bool CanChoose(IReadOnlyList<int> classes) =>
        CrossValidation.Judging(classes) is int images && images >= SmallestSet
        && images > 2 * classes.CountBy(label => label).Count(count => count.Value > 1);

    /// <summary>The recipe where there are too few images to try any: the richest features but one have done well wherever there was something to measure.</summary>
    /// <param name="candidates">As <see cref="IBackbone.LayerCandidates"/> gives them, or a single one.</param>
    /// <param name="l2Regularization">The strength that was asked for; null for none.</param>
    public static HeadRecipe Usual(IReadOnlyList<FeatureLayer> candidates, double? l2Regularization = null) =>
        new(candidates[Math.Max(0, candidates.Count - 2)], FeatureScaling.Uniform, l2Regularization ?? DefaultL2);

    /// <summary>Layer sets in both scalings, with their parts of features that hold all of them.</summary>
    /// <param name="layers">The layer sets.</param>
    /// <param name="whole">What the features hold.</param>
    /// <param name="dimension">How long a layer's features are in the network that gave them.</param>
    /// <param name="featuresOf">The whole features of an image.</param>
    public static IReadOnlyList<HeadCandidate> Candidates(
        IReadOnlyList<FeatureLayer> layers, FeatureLayer whole, Func<FeatureLayer, int> dimension, Func<int, float[]> featuresOf) =>
    [
        .. layers.SelectMany(layer =>
        {
            var slicer = new FeatureSlicer(whole, layer, dimension);
            return Enum.GetValues<FeatureScaling>().Select(scaling => new HeadCandidate(layer, scaling, i => slicer.Slice(featuresOf(i))));
        }),
    ];

    /// <summary>Tries candidates, then other regularisations of the best.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="l2Regularization">The only regularisation to try; null to compare several.</param>
    /// <param name="progress">Told the number of trials done, of all; of these it is known only in the end how many there are.</param>
    /// <param name="cancellationToken">Ends the work between two fits.</param>
    /// <param name="isEnough">Asked after each trial whether the ones so far must do; null to try all.</param>
    /// <returns>The trials, best first; at least one.</returns>
    public IReadOnlyList<HeadTrial> Run(
        IReadOnlyList<HeadCandidate> candidates,
        IReadOnlyList<int> classes,
        double? l2Regularization,
        Action<int, int>? progress,
        CancellationToken cancellationToken,
        Func<bool>? isEnough = null)
    {
        Fold[] folds = CrossValidation.Draw(classes, _seed);
        int[] truth = [.. folds.SelectMany(fold => fold.Held).Select(i => classes[i])];
        double[][] others = l2Regularization is null ? s_otherL2 : [];
        int finalists = others.Length == 0 ? 0 : Math.Min(Finalists, candidates.Count);

        // Each way ends with a strength that is worse.
        int total = candidates.Count + (finalists * others.Length);
        var trials = new List<HeadTrial>();
        var best = new List<(HeadCandidate Candidate, HeadTrial Trial, FoldFit[] Fits)>();
        foreach (HeadCandidate candidate in candidates)
        {
            FoldFit[] fits = [.. folds.Select(fold => FoldFit.Create(candidate, classes, _labels.Count, fold, _threads))];
            (HeadTrial trial, fits) = Try(candidate, fits, l2Regularization ?? DefaultL2);
            best.Add((candidate, trial, fits));
            best = [.. best.OrderBy(other => other.Trial.LogLoss).Take(finalists)];
            if (isEnough?.Invoke() is true)
            {
                return Ranked();
            }
        }

        foreach ((HeadCandidate candidate, HeadTrial first, FoldFit[] start) in best)
        {
            foreach (double[] path in others)
            {
                (HeadTrial last, FoldFit[] fits, int steps) = (first, start, 0);
                foreach (double l2 in path)
                {
                    total += steps++ > 0 ? 1 : 0;
                    (HeadTrial trial, fits) = Try(candidate, fits, l2);
                    if (isEnough?.Invoke() is true)
                    {
                        return Ranked();
                    }

                    if (HeadTrial.Compare(trial, last) >= 0)
                    {
                        break;
                    }

                    last = trial;
                }
            }
        }

        return Ranked();

        (HeadTrial Trial, FoldFit[] Fits) Try(HeadCandidate candidate, FoldFit[] fits, double l2)
        {
            FoldFit[] next = [.. fits.Select(fit => fit.For(l2, cancellationToken))];
            var metrics = ClassificationMetrics.Compute(_labels, truth, [.. next.SelectMany(fit => fit.Predict())]);
            var trial = new HeadTrial(new HeadRecipe(candidate.Layer, candidate.Scaling, l2), metrics.Accuracy, metrics.LogLoss);
            trials.Add(trial);
            progress?.Invoke(trials.Count, total);
            return (trial, next);
        }

        // A stable sort: of two equal trials the earlier, smaller one stays in front.
        IReadOnlyList<HeadTrial> Ranked() => [.. trials.Order(Comparer<HeadTrial>.Create(HeadTrial.Compare))];
    }

    /// <summary>A head on the images outside a fold, for one strength of the penalty.</summary>
    private sealed record FoldFit(LogisticRegression Regression, LogisticSolution? Solution, float[][] Held)
    {
        public static FoldFit Create(HeadCandidate candidate, IReadOnlyList<int> classes, int classCount, Fold fold, int threads) => new(
            LogisticRegression.Create([.. fold.Learnt.Select(candidate.Features)], [.. fold.Learnt.Select(i => classes[i])], classCount, threads, candidate.Scaling),
            Solution: null,
            [.. fold.Held.Select(candidate.Features)]);

        /// <summary>The same for another strength, begun where this one ended.</summary>
        public FoldFit For(double l2, CancellationToken cancellationToken) => this with { Solution = Regression.Fit(l2, Solution, LogisticRegression.CoarseTolerance, cancellationToken) };

        public IEnumerable<float[]> Predict()
        {
            LinearHead head = Regression.ToHead(Solution!);
            return Held.Select(features => head.Probabilities(features));
        }
    }
}
