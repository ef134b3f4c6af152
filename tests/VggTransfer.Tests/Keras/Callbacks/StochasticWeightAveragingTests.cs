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

/// <summary>Oracle: the mean of the weights that another callback noted at the ends of epochs.</summary>
[Collection(SerialEngine.Name)]
public sealed class StochasticWeightAveragingTests
{
    private static readonly NDArray s_x = Networks.Noise(1, 12, 4);
    private static readonly NDArray s_y = Networks.OneHot(3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);

    [Fact]
    public void The_mean_of_the_last_epochs_is_the_result()
    {
        using Sequential model = Create();
        var ends = new List<double[]>();
        var averaging = new StochasticWeightAveraging(1);
        Fit(model, [averaging, new LambdaCallback(onEpochEnd: (_, _) => ends.Add(All(model)))]);

        double[] actual = All(model);
        Assert.Equal(3, averaging.Count);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.Equal((ends[1][i] + ends[2][i] + ends[3][i]) / 3, actual[i], 1e-6);
        }

        Assert.NotEqual(ends[3], actual);
    }

    [Fact]
    public void A_frozen_weight_keeps_every_bit()
    {
        using Sequential model = Create();
        model.GetLayer("dense").Trainable = false;
        double[] before = model.GetWeight("dense/kernel").ToDoubles();
        Fit(model, [new StochasticWeightAveraging(0)]);
        Assert.Equal(before, model.GetWeight("dense/kernel").ToDoubles());
    }

    [Fact]
    public void A_resumed_training_has_the_same_mean()
    {
        using var folder = new TemporaryFolder(Directory.Exists("/dev/shm") ? "/dev/shm" : null);
        var counter = new Interruption(-1);
        double[] expected = Run("whole", counter);
        for (int at = 3; at < counter.Calls; at += 4)
        {
            Assert.Throws<KilledException>(() => Run($"{at}", new Interruption(at)));
            Assert.Equal(expected, Run($"{at}", null));
        }

        double[] Run(string name, Callback? disturbance)
        {
            using Sequential model = Create();
            Fit(model, [new StochasticWeightAveraging(1), new BackupAndRestore(folder.File(name), 2), .. disturbance is null ? (Callback[])[] : [disturbance]]);
            return All(model);
        }
    }

    [Fact]
    public void A_training_that_ends_before_the_first_epoch_to_average_says_so()
    {
        using Sequential model = Create();
        var warnings = new List<string>();
        model.Warning = warnings.Add;
        Fit(model, [new StochasticWeightAveraging(4)]);
        Assert.Contains("from epoch 5 on", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticWeightAveraging(-1));
    }

    private static Sequential Create() =>
        Networks.Compiled([new Input([4]), new Dense(6), new BatchNormalization(), new ReLU(), new Dense(3)], optimizer: new SGD(0.5, 0.9), precision: Precision.Float32);

    private static History Fit(Model model, IReadOnlyList<Callback> callbacks) =>
        model.Fit(s_x, s_y, 4, 4, Verbosity.Silent, callbacks, cancellationToken: TestContext.Current.CancellationToken);

    private static double[] All(Model model) => [.. model.GetWeights().SelectMany(weight => weight.ToDoubles())];
}
