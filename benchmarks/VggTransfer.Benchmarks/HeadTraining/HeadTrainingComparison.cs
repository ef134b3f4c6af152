using VggTransfer.Benchmarks.Comparisons;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Benchmarks.Peers;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>Standardising features and fitting a head on them, beside scikit-learn's and ML.NET's logistic regression.</summary>
internal sealed class HeadTrainingComparison : IComparison
{
    private const double L2 = 100;
    private const string Ours = "ours";
    private const string Sklearn = "scikit-learn";
    private const string MlNet = "ML.NET";

    public string Name => "head";

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken)
    {
        var data = HeadData.Draw(images: context.Effort.IsQuick ? 1000 : 2000, dimension: context.Effort.IsQuick ? 2048 : 4096, classes: 10);
        using SklearnHead? sklearn = SklearnHead.TryStart(data);
        List<Contender> ways = [new(Ours, () => OwnHead.Fit(data, L2).Seconds), new(MlNet, () => MlNetHeads.Lbfgs(data, L2).Seconds)];
        if (sklearn is null)
        {
            context.Note($"scikit-learn isn't measured: {DebianPython.Program} or its module sklearn isn't here.");
        }
        else
        {
            ways.Add(new(Sklearn, () => sklearn.Fit(L2).Seconds));
        }

        // Once before anything counts: code is compiled, libraries are loaded.
        OwnHead.Fit(data, L2);
        Rounds rounds = Rounds.Measure(ways, context.Effort.Rounds, cancellationToken);
        return
        [
            .. rounds.Compare("head_training_vs_sklearn", $"a head on {data.Name} / scikit-learn", Ours, Sklearn, Unit.Seconds),
            .. rounds.Compare("head_training_vs_mlnet", $"a head on {data.Name} / ML.NET L-BFGS", Ours, MlNet, Unit.Seconds),
        ];
    }
}
