using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>What the goldens' cases don't show.</summary>
public class CallbackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_rate_that_follows_a_schedule_can_not_be_set_by_callbacks()
    {
        using Sequential model = Numbered.Model(new SGD(new ExponentialDecay(0.5, 1, 0.5)));
        (NDArray x, NDArray y) = Numbered.Samples(4);
        Assert.Contains("follows a schedule", Assert.Throws<InvalidOperationException>(() => model.Fit(x, y, verbose: Verbosity.Silent, callbacks: [new LearningRateScheduler(_ => 0.1)], cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CSV_file_has_any_separator_and_quotes_names_that_hold_it()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(4);
        model.Fit(x, y, verbose: Verbosity.Silent, callbacks: [new LambdaCallback(onEpochEnd: (_, logs) => logs["a;\"b\""] = 1.5), new CSVLogger(folder.File("log.csv"), ";")], cancellationToken: Token);
        string[] lines = File.ReadAllLines(folder.File("log.csv"));
        Assert.StartsWith("epoch;\"a;\"\"b\"\"\";accuracy;loss;", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("0;1.5;", lines[1], StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CSVLogger("log.csv", ", "));
    }

    [Fact]
    public void A_log_that_vanished_before_a_training_goes_on_is_warned_of_and_begun_anew()
    {
        using var training = new SmallTraining();
        using var folder = new TemporaryFolder();
        string log = folder.File("own.csv");
        Callback[] Callbacks() => [new BackupAndRestore(training.Backup), new CSVLogger(log)];
        var warnings = new List<string>();
        int epochs = 0;
        using (Sequential killed = Numbered.Model())
        {
            Assert.Throws<KilledException>(() => killed.Fit(Numbered.Batches(4, 2), 4, Verbosity.Silent, [.. Callbacks(), new LambdaCallback(onEpochBegin: (epoch, _) => epochs = epoch == 2 ? throw new KilledException() : epoch)], cancellationToken: Token));
        }

        Assert.Equal(1, epochs);
        File.Delete(log);
        using Sequential model = Numbered.Model(warnings: warnings);
        model.Fit(Numbered.Batches(4, 2), 4, Verbosity.Silent, Callbacks(), cancellationToken: Token);
        Assert.Contains("doesn't hold the lines", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(["epoch", "2", "3"], File.ReadAllLines(log).Select(line => line.Split(',')[0]));
    }

    [Fact]
    public void Frequencies_are_words_or_numbers_of_steps()
    {
        Assert.Null(((Frequency)"epoch").Steps);
        Assert.Equal(1, ((Frequency)"batch").Steps);
        Assert.Equal(7, ((Frequency)7).Steps);
        Assert.Throws<ArgumentException>(() => (Frequency)"year");
        Assert.Throws<ArgumentOutOfRangeException>(() => (Frequency)0);
    }

    [Fact]
    public void A_validation_within_a_training_prints_nothing_of_its_own()
    {
        using var output = new StringWriter();
        using Sequential model = Numbered.Model(output: output);
        (NDArray x, NDArray y) = Numbered.Samples(4);
        model.Fit(x, y, epochs: 2, verbose: Verbosity.OneLine, validationData: (x, y), cancellationToken: Token);
        Assert.Equal(4, output.ToString().Count(c => c == '\n'));
    }

    [Fact]
    public void Callbacks_are_called_in_their_order_and_see_what_earlier_ones_added()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(4);
        var seen = new List<string>();
        History history = model.Fit(
            x,
            y,
            verbose: Verbosity.Silent,
            callbacks: [new LambdaCallback(onEpochEnd: (_, logs) => logs["first"] = 1), new LambdaCallback(onEpochEnd: (_, logs) => seen.AddRange(logs.Keys), onTrainEnd: logs => seen.Add(string.Join(",", logs.Keys)))],
            cancellationToken: Token);
        Assert.Equal(["loss", "accuracy", "first", "loss,accuracy"], seen);
        Assert.Equal([1.0], history["first"]);
    }

    [Fact]
    public void A_history_that_is_given_is_the_one_that_comes_back()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(4);
        var history = new History();
        Assert.Same(history, model.Fit(x, y, verbose: Verbosity.Silent, callbacks: [history], cancellationToken: Token));
        Assert.Single(history.Epochs);
    }
}
