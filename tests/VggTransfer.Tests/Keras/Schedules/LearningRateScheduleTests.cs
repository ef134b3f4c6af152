using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Schedules;

/// <summary>Oracles: the rates that tf_keras 2.21 computed, and the formulas of Keras's documentation worked by hand.</summary>
public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Rates_are_those_of_Keras()
    {
        string folder = Path.GetDirectoryName(SharedData.Require("goldens/keras/schedules.json"))!;
        ParityCase[] cases = [.. ScheduleParity.Check(folder)];
        Assert.NotEmpty(cases);
        Assert.All(cases, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }

    [Fact]
    public void Exponential_decay_falls_smoothly_or_in_stairs()
    {
        Assert.Equal(0.05f, new ExponentialDecay(0.2, 5, 0.25).At(5));
        Assert.Equal(0.1f, new ExponentialDecay(0.2, 10, 0.25).At(5), 1e-8f);
        Assert.Equal(0.2f, new ExponentialDecay(0.2, 10, 0.25, staircase: true).At(9));
        Assert.Equal(0.05f, new ExponentialDecay(0.2, 10, 0.25, staircase: true).At(10));
    }

    [Fact]
    public void A_boundary_still_has_the_earlier_rate()
    {
        var schedule = new PiecewiseConstantDecay([10, 20], [1, 0.5, 0.25]);
        Assert.Equal([1f, 1f, 0.5f, 0.5f, 0.25f], new long[] { 0, 10, 11, 20, 21 }.Select(schedule.At));
    }

    [Fact]
    public void Polynomial_decay_stays_at_its_end_or_starts_anew()
    {
        Assert.Equal(0.55f, new PolynomialDecay(1, 10, 0.1).At(5), 1e-7f);
        Assert.Equal(0.1f, new PolynomialDecay(1, 10, 0.1).At(11));
        Assert.Equal(0.505f, new PolynomialDecay(1, 10, 0.1, cycle: true).At(11), 1e-6f);
    }

    [Fact]
    public void Cosine_decay_begins_when_the_warm_up_ends()
    {
        var schedule = new CosineDecay(0, 10, alpha: 0.5, warmupTarget: 1, warmupSteps: 4);
        Assert.Equal(0, schedule.At(0));
        Assert.Equal(0.25f, schedule.At(1));
        Assert.Equal(1, schedule.At(4));
        Assert.Equal(0.75f, schedule.At(9), 1e-7f);
        Assert.Equal(0.5f, schedule.At(14), 1e-7f);
        Assert.Equal(0.5f, schedule.At(1_000), 1e-7f);
    }

    [Fact]
    public void Restarts_come_later_and_lower_each_time()
    {
        var schedule = new CosineDecayRestarts(1, 10, tMul: 2, mMul: 0.5);
        Assert.Equal(0.5f, schedule.At(5), 1e-6f);
        Assert.Equal(0.5f, schedule.At(10), 1e-6f);
        Assert.Equal(0.25f, schedule.At(20), 1e-6f);
        Assert.Equal(0.25f, schedule.At(30), 1e-6f);
    }

    [Fact]
    public void A_learning_rate_follows_its_schedule()
    {
        LearningRate rate = new InverseTimeDecay(1, 2, 1);
        Assert.Equal(0.5f, rate.At(2));
    }

    [Fact]
    public void Wrong_arguments_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>("decaySteps", () => new ExponentialDecay(0.1, 0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>("initialLearningRate", () => new CosineDecay(double.NaN, 10));
        Assert.Throws<ArgumentOutOfRangeException>("warmupTarget", () => new CosineDecay(0.1, 10, warmupTarget: -1));
        Assert.Throws<ArgumentOutOfRangeException>("tMul", () => new CosineDecayRestarts(0.1, 10, tMul: 0.5));
        Assert.Throws<ArgumentException>("values", () => new PiecewiseConstantDecay([1], [0.1]));
        Assert.Throws<ArgumentException>("boundaries", () => new PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]));
    }
}
