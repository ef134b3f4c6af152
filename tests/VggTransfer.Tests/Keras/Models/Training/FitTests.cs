using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Parity.Keras;

namespace VggTransfer.Tests.Keras.Models;

public class FitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_order_of_samples_follows_from_seed_and_epoch_alone()
    {
        Assert.Equal(Orders(seed: 1, initialEpoch: 0, epochs: 3)[1..], Orders(seed: 1, initialEpoch: 1, epochs: 3));
        Assert.NotEqual(Orders(seed: 1, initialEpoch: 0, epochs: 1), Orders(seed: 2, initialEpoch: 0, epochs: 1));
        string[] orders = Orders(seed: 1, initialEpoch: 0, epochs: 3);
        Assert.Equal(3, orders.Distinct().Count());
        Assert.All(orders, order => Assert.Equal(Enumerable.Range(0, 20), order.Split(' ').Select(int.Parse).Order()));
    }

    [Fact]
    public void The_loss_of_an_epoch_weights_each_batch_by_its_size()
    {
        using Sequential model = Numbered.Model(new SGD(0.0));
        (NDArray x, NDArray y) = Numbered.Samples(7);
        History history = model.Fit(x, y, batchSize: 4, verbose: Verbosity.Silent, cancellationToken: Token);
        double first = model.TestOnBatch(x.Rows(0, 4), y.Rows(0, 4))["loss"];
        double second = model.TestOnBatch(x.Rows(4, 3), y.Rows(4, 3))["loss"];

        // With another order other samples stand together, but the mean over all is the same.
        Assert.Equal(((4 * first) + (3 * second)) / 7, history["loss"][0], 1e-6);
        Assert.Equal(history["loss"][0], model.Evaluate(x, y, batchSize: 2, verbose: Verbosity.Silent, cancellationToken: Token)["loss"], 1e-6);
    }

    [Fact]
    public void A_prediction_in_batches_equals_one_in_a_single_batch()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, _) = Numbered.Samples(7);
        NDArray inBatches = model.Predict(x, batchSize: 3, verbose: Verbosity.Silent, cancellationToken: Token);
        Assert.Equal([7, 2], inBatches.Shape);
        Assert.Equal(model.PredictOnBatch(x).ToSingles(), inBatches.ToSingles());
        Assert.Equal(inBatches.ToSingles(), model.Predict(Numbered.Batches(7, 2), Verbosity.Silent, cancellationToken: Token).ToSingles());
        Assert.Equal(4, model.Predict(x, batchSize: 2, steps: 2, verbose: Verbosity.Silent, cancellationToken: Token).Length);
    }

    [Fact]
    public void A_single_step_of_training_equals_a_fit_of_one_step()
    {
        using Sequential one = Numbered.Model();
        using Sequential other = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(4);
        Logs logs = one.TrainOnBatch(x, y);
        History history = other.Fit(x, y, shuffle: false, verbose: Verbosity.Silent, cancellationToken: Token);
        Assert.Equal(history["loss"][0], logs["loss"]);
        Assert.Equal(other.GetWeights()[0].ToSingles(), one.GetWeights()[0].ToSingles());
    }

    [Fact]
    public void Steps_without_a_batch_size_share_the_samples()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(10);
        var sizes = new List<int>();
        var parameters = new LambdaCallback();
        model.Fit(x, y, stepsPerEpoch: 4, shuffle: false, verbose: Verbosity.Silent, callbacks: [parameters, new LambdaCallback(onBatchEnd: (batch, _) => sizes.Add(batch))], cancellationToken: Token);
        Assert.Equal([0, 1, 2, 3], sizes);
        Assert.Equal(4, parameters.Parameters.Steps);
        Assert.Equal(4, model.Optimizer.Iterations);
    }

    [Fact]
    public void A_dataset_is_read_anew_in_each_epoch_with_the_epoch_as_its_pass()
    {
        var passes = new List<int>();
        using Sequential model = Numbered.Model();
        model.Fit(new Passes(Numbered.Batches(6, 2), passes), 4, Verbosity.Silent, initialEpoch: 2, cancellationToken: Token);
        Assert.Equal([2, 3], passes);
    }

    [Fact]
    public void An_epoch_that_finds_less_data_than_the_first_ends_the_training_with_a_warning()
    {
        var warnings = new List<string>();
        var notes = new List<string>();
        using Sequential model = Numbered.Model(warnings: warnings);
        model.Fit(new Shrinking(), 4, Verbosity.Silent, [Numbered.Ends(notes)], cancellationToken: Token);
        Assert.Equal(["0 loss,accuracy", "1 loss,accuracy"], notes);
        Assert.Contains("(in this case, 12 batches)", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_epoch_without_any_data_after_others_has_figures_of_0_as_in_Keras()
    {
        using Sequential model = Numbered.Model(warnings: []);
        History history = model.Fit(Numbered.Batches(4, 2), 3, Verbosity.Silent, stepsPerEpoch: 1, cancellationToken: Token);
        Assert.Equal(3, history.Epochs.Count);
        Assert.Equal(0, history["loss"][2]);
        Assert.True(history["loss"][1] > 0);
    }

    [Fact]
    public void Validation_data_that_ran_dry_once_give_no_figures_any_more_as_in_Keras()
    {
        var warnings = new List<string>();
        var notes = new List<string>();
        using Sequential model = Numbered.Model(warnings: warnings);
        model.Fit(Numbered.Batches(4, 2), 3, Verbosity.Silent, [Numbered.Ends(notes)], Numbered.Batches(4, 2), validationSteps: 5, cancellationToken: Token);
        Assert.Equal(["0 loss,accuracy,val_loss,val_accuracy", "1 loss,accuracy", "2 loss,accuracy"], notes);
        Assert.Single(warnings);
    }

    [Fact]
    public void What_a_dataset_throws_ends_the_training()
    {
        using Sequential model = Numbered.Model();
        Dataset broken = Numbered.Batches(6, 2).Map(batch => batch.X.ToSingles()[0] < 3 ? batch : throw new InvalidDataException("broken"));
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => model.Fit(broken, 2, Verbosity.Silent, cancellationToken: Token)).Message);
    }

    [Fact]
    public void Data_are_read_on_another_thread()
    {
        using Sequential model = Numbered.Model();
        var threads = new List<int>();
        model.Fit(Numbered.Batches(6, 2).Map(batch =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            return batch;
        }), 1, Verbosity.Silent, cancellationToken: Token);
        Assert.Equal(3, threads.Count);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
    }

    [Fact]
    public void A_model_without_an_input_shape_takes_it_from_the_data()
    {
        using var model = new Sequential { new VggTransfer.Keras.Layers.Dense(2) };
        model.Execution = new VggTransfer.Training.ExecutionOptions { Device = "cpu" };
        model.Compile("sgd", new VggTransfer.Keras.Losses.SparseCategoricalCrossentropy(fromLogits: true));
        model.Fit(Numbered.Batches(4, 2), 1, Verbosity.Silent, cancellationToken: Token);
        Assert.Equal([1], model.InputShape);
    }

    [Fact]
    public void Weight_averages_take_the_place_of_the_weights_in_the_end()
    {
        using Sequential averaged = Numbered.Model(new SGD(0.01, useEma: true, emaMomentum: 0.5));
        using Sequential raw = Numbered.Model(new SGD(0.01));
        (NDArray x, NDArray y) = Numbered.Samples(4);
        float start = raw.GetWeights()[0].ToSingles()[0];
        averaged.Fit(x, y, shuffle: false, verbose: Verbosity.Silent, cancellationToken: Token);
        raw.Fit(x, y, shuffle: false, verbose: Verbosity.Silent, cancellationToken: Token);
        Assert.Equal((start + raw.GetWeights()[0].ToSingles()[0]) / 2, averaged.GetWeights()[0].ToSingles()[0], 1e-6);
    }

    [Fact]
    public void Callbacks_may_stop_the_training_and_set_the_rate()
    {
        using Sequential model = Numbered.Model();
        int steps = 0;
        History history = model.Fit(Numbered.Batches(6, 2), 5, Verbosity.Silent, [new LambdaCallback(onBatchEnd: (batch, _) =>
        {
            steps++;
            model.Optimizer.LearningRate = 0.5;
            model.StopTraining = batch == 1;
        })], cancellationToken: Token);
        Assert.Equal(2, steps);
        Assert.Equal(0.5, model.Optimizer.LearningRate);
        Assert.Equal([0], history.Epochs);
        Assert.Same(history, model.History);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_training_with_epoch_step_and_layer()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(6);
        int passes = 0;
        var exception = Assert.Throws<TrainingDivergedException>(() => model.Fit(
            Dataset.FromTensorSlices(x, y).Batch(2).Map(batch => batch.X.ToSingles()[0] == 4 && passes++ == 1 ? batch with { X = NDArray.From([float.NaN, 1], 2, 1) } : batch),
            3,
            Verbosity.Silent,
            cancellationToken: Token));
        Assert.Equal((1, 2, "dense"), (exception.Epoch, exception.Step, exception.Layer));
        Assert.StartsWith("The loss became NaN in step 3 of epoch 2, first in dense.", exception.Message, StringComparison.Ordinal);
        Assert.All(model.GetWeights(), weight => Assert.All(weight.ToSingles(), value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void What_Keras_refuses_is_refused_with_the_argument_named()
    {
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(10);
        void Refused<T>(string part, Action<Sequential> fit)
            where T : Exception => Assert.Contains(part, Assert.Throws<T>(() => fit(model)).Message, StringComparison.Ordinal);

        Refused<ArgumentException>("x has 10, y has 9", m => m.Fit(x, y.Rows(0, 9), cancellationToken: Token));
        Refused<ArgumentException>("x has 10, y has 10, sampleWeight has 3", m => m.Fit(x, y, sampleWeight: NDArray.From(new float[3]), cancellationToken: Token));
        Refused<ArgumentException>("10 samples can't be divided", m => m.Fit(x, y, validationSplit: 0.999, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("below 1", m => m.Fit(x, y, validationSplit: 1, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("batchSize", m => m.Fit(x, y, batchSize: 0, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("epochs", m => m.Fit(x, y, epochs: 0, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("initialEpoch", m => m.Fit(x, y, initialEpoch: -1, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("stepsPerEpoch", m => m.Fit(x, y, stepsPerEpoch: 0, cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("validationSteps", m => m.Fit(x, y, validationSteps: 0, cancellationToken: Token));
        Refused<ArgumentException>("without a gap, and they are given for 0, 2", m => m.Fit(x, y, classWeight: new Dictionary<int, double> { [0] = 1, [2] = 2 }, cancellationToken: Token));
        Refused<ArgumentException>("never ends", m => m.Fit(Numbered.Batches(4, 2).Repeat(), cancellationToken: Token));
        Refused<ArgumentException>("empty", m => m.Fit(Numbered.Batches(4, 2).Skip(2), cancellationToken: Token));
        Refused<ArgumentException>("samples of shape (1), and x holds samples of shape (2)", m => m.Fit(NDArray.From(new float[20], 10, 2), y, cancellationToken: Token));
        Refused<ArgumentException>("null", m => m.Fit(x, y, callbacks: [null!], cancellationToken: Token));
        Refused<ArgumentOutOfRangeException>("steps", m => m.Evaluate(x, y, steps: 0, cancellationToken: Token));
        using var bare = new Sequential { new VggTransfer.Keras.Layers.Dense(2, inputShape: [1]) };
        Assert.Contains("call Compile", Assert.Throws<InvalidOperationException>(() => bare.Fit(x, y, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    private static string[] Orders(int seed, int initialEpoch, int epochs)
    {
        using Sequential model = Numbered.Model(new SGD(0.0));
        model.Execution = model.Execution with { Seed = seed };
        (NDArray x, NDArray y) = Numbered.Samples(20);
        RecordingNetwork network = RecordingNetwork.Of(model);
        var orders = new List<string>();
        model.Fit(x, y, batchSize: 6, epochs: epochs, initialEpoch: initialEpoch, verbose: Verbosity.Silent, callbacks: [new LambdaCallback(onEpochEnd: (_, _) =>
        {
            orders.Add(string.Join(' ', network.Trained.SelectMany(batch => batch)));
            network.Trained.Clear();
        })], cancellationToken: Token);
        return [.. orders];
    }

    private sealed class Passes(Dataset inner, List<int> passes) : Dataset
    {
        public override int? Cardinality => inner.Cardinality;

        public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default)
        {
            passes.Add(pass);
            return inner.Read(pass, skip, cancellationToken);
        }
    }

    /// <summary>Three batches in the first pass, two in the others.</summary>
    private sealed class Shrinking : Dataset
    {
        public override int? Cardinality => null;

        public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default) =>
            Numbered.Batches(6, 2).Read(pass, skip, cancellationToken).Take(pass == 0 ? 3 : 2);
    }
}
