using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;
using static VggTransfer.Tests.Keras.Models.SmallTraining;

namespace VggTransfer.Tests.Keras.Models;

/// <summary>The oracle is the same training without interruption: every bit of weights, History and files must be its.</summary>
public class ResumeTests
{
    [Theory]
    [InlineData("epoch", 0)]
    [InlineData("1", 1)]
    [InlineData("3", 2)]
    public void A_training_that_is_killed_at_any_moment_and_started_again_ends_as_if_it_had_not_been(string saveFreq, int first)
    {
        Frequency frequency = saveFreq == "epoch" ? saveFreq : int.Parse(saveFreq, null);
        Outcome expected = Uninterrupted(frequency, out int calls);
        Assert.True(calls > 40, $"{calls} calls");
        // All moments together, a third with each frequency.
        for (int at = first; at < calls; at += 3)
        {
            using var training = new SmallTraining();
            Assert.Throws<KilledException>(() => training.Run(frequency, new Interruption(at), disturbsFirst: at % 2 == 0));
            Assert.Equal(expected, training.Run(frequency));
            Assert.Empty(training.Warnings);
        }
    }

    [Fact]
    public void A_training_that_is_killed_again_and_again_ends_as_if_it_had_not_been()
    {
        Outcome expected = Uninterrupted(1, out _);
        using var training = new SmallTraining();
        Outcome? outcome = null;
        int kills = 0;
        while (outcome is null)
        {
            try
            {
                outcome = training.Run(1, new Interruption(12));
            }
            catch (KilledException)
            {
                kills++;
            }
        }

        Assert.True(kills > 3, $"{kills} kills");
        Assert.Equal(expected, outcome);
    }

    [Fact]
    public void A_cancelled_training_finishes_its_step_saves_and_goes_on_as_if_it_had_not_been_cancelled()
    {
        Outcome expected = Uninterrupted("epoch", out int calls);
        for (int at = 0; at < calls - 1; at += 3)
        {
            using var training = new SmallTraining();
            using var cancellation = new CancellationTokenSource();
            var interruption = new Interruption(at, cancellation.Cancel);
            try
            {
                // Cancelled in its very last calls, it is done already.
                Assert.Equal(expected, training.Run("epoch", interruption, cancellation: cancellation));
                Assert.True(at > calls - 6, $"call {at} of {calls}");
            }
            catch (OperationCanceledException)
            {
                Assert.True(File.Exists(training.Checkpoint), $"call {at}");
                Assert.Equal(expected, training.Run("epoch"));
            }
        }
    }

    [Fact]
    public void A_cancelled_training_repeats_no_step()
    {
        using var training = new SmallTraining();
        using var cancellation = new CancellationTokenSource();
        int steps = 0;
        Assert.Throws<OperationCanceledException>(() => training.Run("epoch", new LambdaCallback(onBatchEnd: (_, _) =>
        {
            if (++steps == 8)
            {
                cancellation.Cancel();
            }
        }), cancellation: cancellation));
        Assert.Equal(8, steps);
        training.Run("epoch", new LambdaCallback(onBatchEnd: (_, _) => steps++));
        Assert.Equal(Epochs * StepsPerEpoch, steps);
    }

    [Fact]
    public void A_training_with_a_learning_rate_schedule_resumes_within_an_epoch()
    {
        static Optimizer Create() => new Adam(new ExponentialDecay(0.01, 3, 0.8), useEma: true);
        using var whole = new SmallTraining();
        Outcome expected = whole.Run(2, optimizer: Create());
        using var killed = new SmallTraining();
        Assert.Throws<KilledException>(() => killed.Run(2, new Interruption(23), optimizer: Create()));
        Assert.Equal(expected, killed.Run(2, optimizer: Create()));
    }

    [Fact]
    public void A_stream_that_epochs_read_on_resumes_where_it_was()
    {
        History Fit(Sequential model, IReadOnlyList<Callback> callbacks, CancellationToken token) =>
            model.Fit(Arrays.X, Arrays.Y, BatchSize, 4, Verbosity.Silent, callbacks, stepsPerEpoch: 4, cancellationToken: token);
        AssertResumes(Fit);
    }

    [Fact]
    public void A_dataset_of_unknown_length_resumes_where_it_was()
    {
        History Fit(Sequential model, IReadOnlyList<Callback> callbacks, CancellationToken token) =>
            model.Fit(new UnknownLength(), 4, Verbosity.Silent, callbacks, validationData: new UnknownLength(), cancellationToken: token);
        AssertResumes(Fit);
    }

    [Fact]
    public void A_training_that_early_stopping_ended_is_not_trained_on_when_it_was_killed_at_its_end()
    {
        using var whole = new SmallTraining();
        var calls = new Interruption(-1);
        Outcome expected = whole.Run("epoch", calls, stopsEarly: true);
        Assert.Equal(1, expected.StoppedEpoch);
        using var killed = new SmallTraining();
        Assert.Throws<KilledException>(() => killed.Run("epoch", new Interruption(calls.Calls - 1), stopsEarly: true));
        Assert.Equal(expected, killed.Run("epoch", stopsEarly: true));
    }

    [Fact]
    public void Without_deletion_a_finished_training_goes_on_with_more_epochs()
    {
        using var training = new SmallTraining();
        training.Run("epoch", deleteCheckpoint: false, epochs: 2);
        Assert.True(File.Exists(training.Checkpoint));
        int steps = 0;
        Outcome outcome = training.Run("epoch", new LambdaCallback(onBatchEnd: (_, _) => steps++), epochs: 3);
        Assert.Equal(StepsPerEpoch, steps);
        Assert.StartsWith("0,1,2 ", outcome.History, StringComparison.Ordinal);
        Assert.False(Directory.Exists(training.Backup));
    }

    private static Outcome Uninterrupted(Frequency frequency, out int calls)
    {
        using var training = new SmallTraining();
        var counter = new Interruption(-1);
        Outcome outcome = training.Run(frequency, counter);
        Assert.False(Directory.Exists(training.Backup));
        calls = counter.Calls;
        return outcome;
    }

    private static void AssertResumes(Func<Sequential, IReadOnlyList<Callback>, CancellationToken, History> fit)
    {
        using var whole = new SmallTraining();
        var counter = new Interruption(-1);
        Outcome expected = whole.Run(3, counter, fit: fit);
        for (int at = 3; at < counter.Calls; at += 5)
        {
            using var killed = new SmallTraining();
            Assert.Throws<KilledException>(() => killed.Run(3, new Interruption(at), fit: fit));
            Assert.Equal(expected, killed.Run(3, fit: fit));
        }
    }

    private sealed class UnknownLength : Dataset
    {
        private readonly Dataset _inner = FromTensorSlices(Arrays.X, Arrays.Y).Shuffle(SmallTraining.SampleCount, seed: 3).Batch(BatchSize);

        public override int? Cardinality => null;

        public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default) => _inner.Read(pass, skip, cancellationToken);
    }
}
