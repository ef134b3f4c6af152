using System.Diagnostics;
using VggTransfer.Classification;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>Our own logistic regression.</summary>
internal static class OwnHead
{
    public static HeadResult Fit(HeadData data, double l2)
    {
        var clock = Stopwatch.StartNew();
        var regression = LogisticRegression.Create(data.Training, data.Labels, data.Classes, Environment.ProcessorCount);
        LogisticSolution solution = regression.Fit(l2);
        LinearHead head = regression.ToHead(solution);
        return new HeadResult(clock.Elapsed.TotalSeconds, solution.Loss, HeadResult.AccuracyOf(head, data));
    }
}
