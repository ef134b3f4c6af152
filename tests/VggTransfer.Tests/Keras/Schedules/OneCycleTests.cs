using VggTransfer.Keras.Schedules;

namespace VggTransfer.Tests.Keras.Schedules;

/// <summary>Oracle: the rates of torch.optim.lr_scheduler.OneCycleLR (PyTorch 1.13, cycle_momentum=False).</summary>
public sealed class OneCycleTests
{
    [Fact]
    public void Rates_are_those_of_PyTorch()
    {
        Check(new OneCycle(0.01, 20), [0, 1, 3, 5, 6, 7, 10, 15, 18, 19], [0.0004, 0.00131671843, 0.00668328157, 0.01, 0.00987464006, 0.00950484632, 0.00716943002, 0.00188258346, 0.000125399938, 4e-08]);
        Check(new OneCycle(0.5, 7, 0.25, 10, 100), [0, 1, 2, 3, 4, 5, 6], [0.05, 0.497210499, 0.433329705, 0.305824603, 0.159006079, 0.0438968661, 0.0005]);
        Check(new OneCycle(1e-3, 1000), [0, 100, 298, 299, 300, 500, 998, 999], [4e-05, 0.000281457361, 0.000999973505, 0.001, 0.000999994965, 0.000809988102, 9.03548386e-09, 4e-09]);

        static void Check(OneCycle schedule, long[] steps, double[] rates)
        {
            foreach ((long step, double rate) in steps.Zip(rates))
            {
                Assert.Equal(1, schedule.At(step) / rate, 2e-7);
            }
        }
    }

    [Fact]
    public void Behind_the_cycle_the_last_rate_stays()
    {
        var schedule = new OneCycle(0.01, 20);
        Assert.Equal(schedule.At(19), schedule.At(20));
        Assert.Equal(schedule.At(19), schedule.At(1_000_000));
    }

    [Fact]
    public void A_warm_up_of_one_update_or_none_begins_at_the_top()
    {
        Assert.Equal(0.5f, new OneCycle(0.5, 10, warmupShare: 0).At(0));
        Assert.Equal(0.5f, new OneCycle(0.5, 10, warmupShare: 0.1).At(0));
        Assert.Equal(0.5f, new OneCycle(0.5, 1).At(0));
        Assert.True(new OneCycle(0.5, 10, warmupShare: 0).At(9) < 1e-5f);
        Assert.Equal(0.5f, new OneCycle(0.5, 10, warmupShare: 1).At(9));
    }

    [Fact]
    public void Wrong_arguments_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>("maximumLearningRate", () => new OneCycle(-1, 10));
        Assert.Throws<ArgumentOutOfRangeException>("totalSteps", () => new OneCycle(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("warmupShare", () => new OneCycle(1, 10, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>("initialDivisor", () => new OneCycle(1, 10, initialDivisor: 0));
        Assert.Throws<ArgumentOutOfRangeException>("finalDivisor", () => new OneCycle(1, 10, finalDivisor: double.PositiveInfinity));
    }
}
