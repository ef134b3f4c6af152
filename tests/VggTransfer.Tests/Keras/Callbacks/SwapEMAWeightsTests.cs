using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Tests.Engine;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>
/// Oracles: the same training without the callback, whose steps must be the same to the last bit; the averages' formula; and
/// what an evaluation of the kept weights gives, which must be the figure that they were kept for.
/// </summary>
[Collection(SerialEngine.Name)]
public sealed class SwapEMAWeightsTests
{
    private const double Momentum = 0.75;
    private static readonly (NDArray X, NDArray Y) s_training = (Networks.Noise(1, 12, 4), Networks.OneHot(3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2));
    private static readonly (NDArray X, NDArray Y) s_validation = (Networks.Noise(2, 6, 4), Networks.OneHot(3, 0, 1, 2, 0, 1, 2));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Averages_are_judged_and_training_goes_on_with_the_weights(bool swapOnEpoch)
    {
        using Sequential plain = Create();
        var expected = new List<string>();
        History plainHistory = Fit(plain, [new LambdaCallback(onBatchEnd: (_, _) => expected.Add(Bits(plain)))]);

        using Sequential model = Create();
        var steps = new List<string>();
        double[]? average = null;
        History history = Fit(model,
        [
            new SwapEMAWeights(swapOnEpoch),
            new LambdaCallback(
                onBatchEnd: (_, _) =>
                {
                    steps.Add(Bits(model));
                    double[] weights = model.GetWeight("dense/kernel").ToDoubles();
                    average = [.. average!.Zip(weights, (mean, weight) => (Momentum * mean) + ((1 - Momentum) * weight))];
                },
                onTrainBegin: _ => average = model.GetWeight("dense/kernel").ToDoubles()),
            new TestWatcher(() => Assert.All(average!.Zip(model.GetWeight("dense/kernel").ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-6))),
        ]);

        Assert.Equal(expected, steps);
        Assert.Equal(plainHistory["loss"], history["loss"]);
        Assert.NotEqual(plainHistory["val_loss"], history["val_loss"]);

        // The averages are the weights in the end, with the callback and without.
        Assert.Equal(Bits(plain), Bits(model));
        Assert.Equal(history["val_loss"][^1], Loss(model));
    }

    [Fact]
    public void The_best_weights_are_the_averages_that_were_judged()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Create();
        double[] scores = [1, 3, 2, 0];
        History history = Fit(model,
        [
            new LambdaCallback(onEpochEnd: (epoch, logs) => logs["score"] = scores[epoch]),
            new SwapEMAWeights(swapOnEpoch: true),
            new EarlyStopping("score", patience: 9, mode: "max", restoreBestWeights: true),
            new ModelCheckpoint(folder.File("weights.safetensors"), "score", saveBestOnly: true, saveWeightsOnly: true, mode: "max"),
            new ModelCheckpoint(folder.File("model.safetensors"), "score", saveBestOnly: true, mode: "max"),
        ]);

        Assert.Equal(4, history["val_loss"].Distinct().Count());
        Assert.Equal(history["val_loss"][1], Loss(model));

        using Sequential loaded = Create();
        loaded.LoadWeights(folder.File("weights.safetensors"));
        Assert.Equal(history["val_loss"][1], Loss(loaded));

        // A model in a file that was written then is one of averages, and its averages begin with them.
        using Model whole = Model.Load(folder.File("model.safetensors"), execution: model.Execution);
        Assert.Equal(history["val_loss"][1], Loss(whole));
        Assert.Equal(whole.GetWeight("dense/kernel").ToSingles(), whole.CompiledNetwork.GetOptimizerState()["ema/dense/kernel"].ToSingles());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_that_is_killed_or_cancelled_at_any_moment_goes_on_as_if_it_had_not_been(bool cancels)
    {
        using var folder = new TemporaryFolder(Directory.Exists("/dev/shm") ? "/dev/shm" : null);
        var counter = new Interruption(-1);
        string expected = Run("whole", counter, Token);
        for (int at = 2; at < counter.Calls - 4; at += 3)
        {
            using var cancellation = new CancellationTokenSource();
            string name = $"{at}";
            Exception exception = Assert.ThrowsAny<Exception>(() => Run(name, new Interruption(at, cancels ? cancellation.Cancel : null), cancellation.Token));
            Assert.True(cancels ? exception is OperationCanceledException : exception is KilledException, exception.ToString());
            Assert.Equal(expected, Run(name, null, Token));
        }

        string Run(string name, Callback? disturbance, CancellationToken token)
        {
            using Sequential model = Create();
            List<Callback> callbacks = [new SwapEMAWeights(swapOnEpoch: true), new EarlyStopping("val_accuracy", patience: 9, restoreBestWeights: true), new BackupAndRestore(folder.File(name), 1)];
            if (disturbance is not null)
            {
                callbacks.Add(disturbance);
            }

            History history = Fit(model, callbacks, token);
            return $"{Bits(model)} {string.Join(' ', history.SelectMany(pair => pair.Value).Select(value => value.ToString("R", null)))}";
        }
    }

    [Fact]
    public void A_cancelled_validation_leaves_the_weights_in_their_place()
    {
        using Sequential model = Create();
        using var cancellation = new CancellationTokenSource();
        string weights = "";
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(model, [new SwapEMAWeights(), new LambdaCallback(onBatchEnd: (_, _) => weights = Bits(model)), new TestWatcher(cancellation.Cancel)], cancellation.Token));
        Assert.Equal(weights, Bits(model));
    }

    [Fact]
    public void An_evaluation_and_a_prediction_can_be_of_the_averages()
    {
        using Sequential model = Create();
        model.TrainOnBatch(s_training.X, s_training.Y);
        string weights = Bits(model);
        double own = Loss(model);
        double averaged = model.Evaluate(s_validation.X, s_validation.Y, verbose: Verbosity.Silent, callbacks: [new SwapEMAWeights()], cancellationToken: Token)["loss"];
        Assert.NotEqual(own, averaged);
        Assert.NotEqual(
            model.Predict(s_validation.X, verbose: Verbosity.Silent, cancellationToken: Token).ToSingles(),
            model.Predict(s_validation.X, verbose: Verbosity.Silent, callbacks: [new SwapEMAWeights()], cancellationToken: Token).ToSingles());
        Assert.Equal(weights, Bits(model));
        Assert.Equal(own, Loss(model));
    }

    [Fact]
    public void An_optimizer_without_averages_is_refused()
    {
        using Sequential model = Create(new SGD(0.1));
        Assert.Contains("useEma: true", Assert.Throws<InvalidOperationException>(() => Fit(model, [new SwapEMAWeights()])).Message, StringComparison.Ordinal);
    }

    private static Sequential Create(Optimizer? optimizer = null)
    {
        Sequential model = Networks.Compiled(
            [new Input([4]), new Dense(6), new BatchNormalization(), new ReLU(), new Dropout(0.2), new Dense(3)],
            optimizer: optimizer ?? new SGD(0.5, 0.9, useEma: true, emaMomentum: Momentum), metrics: ["accuracy"], precision: Precision.Float32);
        model.Output = TextWriter.Null;
        return model;
    }

    private static History Fit(Model model, IReadOnlyList<Callback> callbacks, CancellationToken? token = null) =>
        model.Fit(s_training.X, s_training.Y, 4, 4, Verbosity.Silent, callbacks, validationData: s_validation, cancellationToken: token ?? Token);

    private static double Loss(Model model) => model.Evaluate(s_validation.X, s_validation.Y, 4, Verbosity.Silent, cancellationToken: Token)["loss"];

    private static string Bits(Model model) => string.Join(' ', model.GetWeights().SelectMany(weight => weight.ToSingles()).Select(value => BitConverter.SingleToInt32Bits(value).ToString("x8", null)));

    private sealed class TestWatcher(Action look) : Callback
    {
        public override void OnTestBegin(Logs logs) => look();
    }
}
