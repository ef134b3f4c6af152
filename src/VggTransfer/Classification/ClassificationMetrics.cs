
namespace VggTransfer.Classification;

/// <summary>How well one class is told from the others.</summary>
/// <param name="Label">The name of the class.</param>
/// <param name="Support">How many images belong to it.</param>
/// <param name="Precision">Of the images predicted as this class, the share that belongs to it, 0 to 1; 0 if none was predicted.</param>
/// <param name="Recall">Of the images that belong to it, the share predicted as it, 0 to 1; 0 if there are none.</param>
/// <param name="F1">The harmonic mean of the two, 0 to 1.</param>
public sealed record ClassMetrics(string Label, int Support, double Precision, double Recall, double F1);

/// <summary>What predictions are worth, computed from true labels and predicted probabilities.</summary>
public sealed record ClassificationMetrics
{
    /// <summary>A probability below this counts as this much in the log-loss (as in ML.NET's evaluator).</summary>
    private const double SmallestProbability = 1e-15;

    /// <summary>The names of the classes, in the order of rows and columns.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>How many images were judged.</summary>
    public required int Count { get; init; }

    /// <summary>The share of images whose most probable class is the true one (top-1), 0 to 1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Where the accuracy on all such images lies, with a confidence of 95 % (Wilson's interval).</summary>
    public required ConfidenceInterval AccuracyInterval { get; init; }

    /// <summary>The mean of the classes' recalls, over the classes that occur, 0 to 1.</summary>
    public required double MacroAccuracy { get; init; }

    /// <summary>The mean of -ln(probability of the true class); 0 is perfect.</summary>
    public required double LogLoss { get; init; }

    /// <summary>The share of images whose true class is among the k most probable, by k from 1 up to 5 or the number of classes.</summary>
    public required IReadOnlyList<double> TopKAccuracy { get; init; }

    /// <summary>
    /// The expected calibration error, 0 to 1: how far the highest probability is, on average, from the share of images that are
    /// predicted right with it. Of a few hundred images a part of it is chance.
    /// </summary>
    public required double CalibrationError { get; init; }

    /// <summary>The reliability diagram: 15 equally wide bins of the highest probability.</summary>
    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    /// <summary>Precision, recall and F1 of each class.</summary>
    public required IReadOnlyList<ClassMetrics> PerClass { get; init; }

    /// <summary>Counts of images: row = true class, column = predicted class.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> ConfusionMatrix { get; init; }

    /// <summary>Judges predictions.</summary>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="truth">For each image the index of its true class.</param>
    /// <param name="probabilities">For each image the probabilities of all classes.</param>
    /// <exception cref="ArgumentException">There are no predictions, or the lengths differ.</exception>
    public static ClassificationMetrics Compute(IReadOnlyList<string> labels, IReadOnlyList<int> truth, IReadOnlyList<float[]> probabilities)
    {
        if (truth.Count == 0 || truth.Count != probabilities.Count)
        {
            throw new ArgumentException($"Metrics need as many true classes as predictions, and at least one: there are {truth.Count} and {probabilities.Count}.", nameof(truth));
        }

        int[][] confusion = [.. labels.Select(_ => new int[labels.Count])];
        int[] hitsByRank = new int[labels.Count];
        double loss = 0;
        for (int i = 0; i < truth.Count; i++)
        {
            float[] row = probabilities[i];
            float trueProbability = row[truth[i]];

            // Ties go to the earlier class, as in an arg max.
            int rank = 0;
            for (int k = 0; k < row.Length; k++)
            {
                if (row[k] > trueProbability || (row[k] == trueProbability && k < truth[i]))
                {
                    rank++;
                }
            }

            hitsByRank[rank]++;
            confusion[truth[i]][ArgMax(row)]++;
            loss -= Math.Log(Math.Max(trueProbability, SmallestProbability));
        }

        ClassMetrics[] perClass = [.. labels.Select((label, k) => Judge(label, k, confusion))];
        double[] topK = new double[Math.Min(5, labels.Count)];
        int hits = 0;
        for (int k = 0; k < topK.Length; k++)
        {
            hits += hitsByRank[k];
            topK[k] = (double)hits / truth.Count;
        }

        IReadOnlyList<ReliabilityBin> reliability = ReliabilityDiagram.Compute(truth, probabilities);
        return new ClassificationMetrics
        {
            Labels = labels,
            Count = truth.Count,
            Accuracy = topK[0],
            AccuracyInterval = ConfidenceInterval.Wilson(hitsByRank[0], truth.Count),
            MacroAccuracy = perClass.Where(metrics => metrics.Support > 0).Average(metrics => metrics.Recall),
            LogLoss = loss / truth.Count,
            TopKAccuracy = topK,
            CalibrationError = ReliabilityDiagram.Error(reliability),
            Reliability = reliability,
            PerClass = perClass,
            ConfusionMatrix = confusion,
        };
    }

    /// <summary>Judges predictions.</summary>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="predictions">At least one.</param>
    /// <exception cref="ArgumentException">There are no predictions.</exception>
    public static ClassificationMetrics Compute(IReadOnlyList<string> labels, IReadOnlyList<LabeledPrediction> predictions) =>
        Compute(labels, [.. predictions.Select(prediction => prediction.Class)], [.. predictions.Select(prediction => prediction.Probabilities.ToArray())]);

    internal static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }

    private static ClassMetrics Judge(string label, int index, int[][] confusion)
    {
        int hits = confusion[index][index];
        int support = confusion[index].Sum();
        int predicted = confusion.Sum(row => row[index]);
        double precision = predicted == 0 ? 0 : (double)hits / predicted;
        double recall = support == 0 ? 0 : (double)hits / support;
        double f1 = hits == 0 ? 0 : 2 * precision * recall / (precision + recall);
        return new ClassMetrics(label, support, precision, recall, f1);
    }
}
