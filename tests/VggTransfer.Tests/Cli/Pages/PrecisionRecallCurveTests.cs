using VggTransfer.Cli;

namespace VggTransfer.Tests.Cli.Pages;

/// <summary>Oracle: the example of scikit-learn's average_precision_score (0.83 for these scores), and definitions.</summary>
public sealed class PrecisionRecallCurveTests
{
    [Fact]
    public void Average_precision_is_that_of_scikit_learn()
    {
        var curve = PrecisionRecallCurve.Of("a", [(0.1f, false), (0.4f, false), (0.35f, true), (0.8f, true)]);

        Assert.Equal(0.8333333, curve.AveragePrecision, 1e-6);
        Assert.Equal(1, curve.PrecisionAt(0.5));
        Assert.Equal(2 / 3.0, curve.PrecisionAt(1), 1e-12);
    }

    [Fact]
    public void Ties_are_one_threshold()
    {
        var curve = PrecisionRecallCurve.Of("a", [(0.5f, false), (0.5f, true), (0.5f, true)]);

        Assert.Equal([(1.0, 2 / 3.0)], curve.Points);
    }
}
