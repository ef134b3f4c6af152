using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>On a clock that only steps move: 10 seconds a step of training, 5 a validation of one step.</summary>
public sealed class TimeBudgetTests
{
    // 3 steps and a validation.
    private const int EpochSeconds = 35;

    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(EpochSeconds * 4, 4, false)]
    [InlineData(EpochSeconds * 3, 3, true)]
    [InlineData((EpochSeconds * 3) - 1, 2, true)]
    [InlineData(EpochSeconds, 1, true)]
    public void An_epoch_begins_only_if_it_fits(int seconds, int epochs, bool stopped)
    {
        (TimeBudget budget, History history, int steps) = Fit(seconds);
        Assert.Equal(epochs, history.Epochs.Count);
        Assert.Equal(3 * epochs, steps);
        Assert.Equal(stopped, budget.Stopped);
        Assert.False(budget.StoppedWithinEpoch);
        Assert.Equal(TimeSpan.FromSeconds(EpochSeconds * epochs), budget.Elapsed);
        Assert.Equal(TimeSpan.FromSeconds(EpochSeconds), budget.EpochTime);
        Assert.Equal(TimeSpan.FromSeconds(5), budget.ValidationTime);
        Assert.Equal(epochs, history["val_loss"].Count);
    }

    [Fact]
    public void A_first_epoch_that_is_too_long_ends_after_a_step_and_is_validated()
    {
        (TimeBudget budget, History history, int steps) = Fit(20);
        Assert.Equal(2, steps);
        Assert.True(budget is { Stopped: true, StoppedWithinEpoch: true });
        Assert.Single(history["val_loss"]);
    }

    [Fact]
    public void An_epoch_that_turns_out_slower_ends_while_there_is_time_for_the_validation()
    {
        // 35 seconds, then steps of 30 seconds: after the second of them 95 are used, and the next would end at 125.
        (TimeBudget budget, History history, int steps) = Fit(100, slowFrom: 3);
        Assert.Equal(5, steps);
        Assert.True(budget.StoppedWithinEpoch);
        Assert.Equal(TimeSpan.FromSeconds(100), budget.Elapsed);
        Assert.Equal(2, history["val_loss"].Count);
    }

    [Fact]
    public void Time_before_an_interruption_counts_and_the_pause_does_not()
    {
        using var folder = new TemporaryFolder();
        var backup = new BackupAndRestore(folder.File("backup"), 1);
        Assert.Throws<KilledException>(() => Fit(EpochSeconds * 3, new Interruption(22), backup));
        _clock.Advance(10_000);
        (TimeBudget budget, History history, _) = Fit(EpochSeconds * 3, new BackupAndRestore(folder.File("backup"), 1));
        Assert.Equal(3, history.Epochs.Count);
        Assert.True(budget.Stopped);

        // What was done since the last checkpoint, one step at most, was done twice.
        Assert.InRange(budget.Elapsed.TotalSeconds, EpochSeconds * 3, (EpochSeconds * 3) + 5);
    }

    [Fact]
    public void A_budget_of_nothing_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new TimeBudget(TimeSpan.Zero));

    private (TimeBudget Budget, History History, int Steps) Fit(int seconds, params Callback[] others) => Fit(seconds, int.MaxValue, others);

    private (TimeBudget Budget, History History, int Steps) Fit(int seconds, int slowFrom, params Callback[] others)
    {
        using Sequential model = Numbered.Model();
        model.Clock = _clock;
        var budget = new TimeBudget(TimeSpan.FromSeconds(seconds));
        var mover = new Mover(_clock, slowFrom);
        (NDArray x, NDArray y) = Numbered.Samples(6);
        History history = model.Fit(x, y, 2, 4, Verbosity.Silent, [mover, budget, .. others], validationData: Numbered.Samples(2), cancellationToken: TestContext.Current.CancellationToken);
        return (budget, history, mover.Steps);
    }

    private sealed class Mover(ManualClock clock, int slowFrom) : Callback
    {
        public int Steps { get; private set; }

        public override void OnTrainBatchEnd(int batch, Logs logs) => clock.Advance(Steps++ < slowFrom ? 10 : 30);

        public override void OnTestBatchEnd(int batch, Logs logs) => clock.Advance(5);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds;

        public void Advance(int seconds) => _seconds += seconds;
    }
}
