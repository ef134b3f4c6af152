using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Models;

public class TrainingCheckpointTests
{
    [Fact]
    public void A_checkpoint_comes_back_to_the_last_bit()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint read = file.Read()!;
        var copy = new TrainingCheckpointFile(training.Checkpoint + ".copy");
        copy.Write(read);
        Assert.Equal(File.ReadAllBytes(file.Path), File.ReadAllBytes(copy.Path));
        Assert.Equal(12, read.State.Iterations);
        Assert.Equal(2, read.State.Position.Step);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_kept()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint read = file.Read()!;
        double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, 5e-324, 0.1 + 0.2];
        file.Write(read with { State = read.State with { Figures = odd } });
        Assert.Equal(odd.Select(BitConverter.DoubleToInt64Bits), file.Read()!.State.Figures.Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void A_training_with_another_optimizer_is_refused_with_both_named()
    {
        using SmallTraining training = Interrupted();
        string message = Assert.Throws<InvalidModelFileException>(() => training.Run(2, optimizer: new Adam())).Message;
        Assert.Contains("the optimizer was 'SGD', and is 'Adam' now; to train from the beginning, delete it", message, StringComparison.Ordinal);
        Assert.Contains(training.Checkpoint, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_model_or_other_data_are_refused()
    {
        using SmallTraining training = Interrupted();
        Refused(training, state => state with { Identity = state.Identity with { Layers = ["InputLayer", "Dense"] } }, "the chain of layers was 'InputLayer, Dense'");
        Refused(training, state => state with { Identity = state.Identity with { Seed = 7 } }, "the seed was '7', and is '0' now");
        Refused(training, state => state with { Identity = state.Identity with { StepsPerEpoch = 3 } }, "stepsPerEpoch was '3', and is not given now");
        Refused(training, state => state with { Identity = state.Identity with { Precision = "Float64" } }, "the precision was 'Float64'");
        Refused(training, state => state with { Version = 2 }, "of version 2");
        Refused(training, state => state with { Figures = [1] }, "those of other metrics");
        Refused(training, state => state with { Iterations = -1 }, "contradicts itself");
    }

    [Fact]
    public void Weights_of_another_shape_are_refused()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint read = file.Read()!;
        var weights = read.Weights.ToDictionary(StringComparer.Ordinal);
        weights["dense/bias"] = NDArray.From(new float[7], 7);
        file.Write(read with { Weights = weights });
        string message = Assert.Throws<InvalidModelFileException>(() => training.Run(2)).Message;
        Assert.Contains("its weight 'dense/bias' is Float32 of shape (7), and that of this model Float32 of shape (8)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_callback_does_not_understand_is_refused()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint read = file.Read()!;
        var callbacks = read.Callbacks.ToDictionary(StringComparer.Ordinal);
        callbacks["EarlyStopping.0/counters"] = NDArray.From([1.0]);
        file.Write(read with { Callbacks = callbacks });
        Assert.Contains("EarlyStopping", Assert.Throws<InvalidModelFileException>(() => training.Run(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_device_is_warned_of()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint read = file.Read()!;
        file.Write(read with { State = read.State with { Device = "CPU, 64 threads, float32" } });
        training.Run(2);
        Assert.Contains("begun on CPU, 64 threads, float32", Assert.Single(training.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_stays_whole_where_the_next_one_can_not_be_written()
    {
        using SmallTraining training = Interrupted();
        byte[] before = File.ReadAllBytes(training.Checkpoint);
        Assert.Throws<KilledException>(() => training.Run(2, new Unsavable()));
        Assert.Equal(before, File.ReadAllBytes(training.Checkpoint));
    }

    [Fact]
    public void What_a_killed_writer_left_is_removed_and_nothing_else()
    {
        using SmallTraining training = Interrupted();
        string left = Path.Combine(training.Backup, $".{Guid.NewGuid():N}.tmp");
        string other = Path.Combine(training.Backup, ".notes.tmp");
        File.WriteAllText(left, "half");
        File.WriteAllText(other, "mine");
        training.Run(2);
        Assert.False(File.Exists(left));
        Assert.Equal([other], Directory.EnumerateFiles(training.Backup));
    }

    [Fact]
    public void Damaged_checkpoints_are_refused_or_read_and_nothing_else()
    {
        using SmallTraining training = Interrupted();
        var file = new TrainingCheckpointFile(training.Checkpoint);
        byte[] sound = File.ReadAllBytes(file.Path);
        int header = BitConverter.ToInt32(sound) + 8;
        var random = new Random(1);
        int read = 0;
        for (int input = 0; input < 1500; input++)
        {
            byte[] damaged = [.. sound];
            if (input % 3 == 0)
            {
                damaged = damaged[..random.Next(damaged.Length)];
            }
            else
            {
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    damaged[random.Next(header)] = (byte)random.Next(32, 127);
                }
            }

            File.WriteAllBytes(file.Path, damaged);
            read += Fuzz.IsRead(input, () => file.Read()) ? 1 : 0;
        }

        Assert.InRange(read, 1, 1000);
    }

    [Fact]
    public void Two_backups_of_one_training_are_refused()
    {
        using var training = new SmallTraining();
        Assert.Throws<ArgumentException>(() => training.Run("epoch", new BackupAndRestore(training.Backup + "2")));
    }

    /// <summary>Killed in step 13: the checkpoint is of step 12, the second of the third epoch.</summary>
    private static SmallTraining Interrupted()
    {
        var training = new SmallTraining();
        int steps = 0;
        Assert.Throws<KilledException>(() => training.Run(2, new LambdaCallback(onBatchEnd: (_, _) => steps = steps == 12 ? throw new KilledException() : steps + 1)));
        return training;
    }

    private static void Refused(SmallTraining training, Func<TrainingState, TrainingState> change, string reason)
    {
        var file = new TrainingCheckpointFile(training.Checkpoint);
        TrainingCheckpoint sound = file.Read()!;
        file.Write(sound with { State = change(sound.State) });
        Assert.Contains(reason, Assert.Throws<InvalidModelFileException>(() => training.Run(2)).Message, StringComparison.Ordinal);
        file.Write(sound);
    }

    private sealed class Unsavable : Callback
    {
        protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => throw new KilledException();
    }
}
