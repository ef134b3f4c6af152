using System.Globalization;
using TorchSharp;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Training;
using Legacy = VggTransfer.Keras.Optimizers.Legacy;

namespace VggTransfer.Tests.Engine;

/// <summary>
/// Training gives the same bits while another thread collects garbage all the time: no native memory is freed under libtorch's hands.
/// VGGTRANSFER_SOAK sets another number of steps for each optimizer, loss and network.
/// </summary>
[Collection(Alone.Name)]
public sealed class GarbageCollectionTests
{
    private const int DefaultSteps = 10;

    private static readonly Dictionary<string, Func<Optimizer>> s_optimizers = new()
    {
        ["SGD"] = () => new SGD(0.01, weightDecay: 1e-3),
        ["SGD with momentum"] = () => new SGD(0.01, momentum: 0.9, clipnorm: 0.5) { GradientAccumulationSteps = 2 },
        ["SGD with Nesterov momentum"] = () => new SGD(0.01, momentum: 0.9, nesterov: true, useEma: true, emaMomentum: 0.9),
        ["Adam"] = () => new Adam(1e-3, clipvalue: 0.1),
        ["Adam with amsgrad"] = () => new Adam(1e-3, amsgrad: true, globalClipnorm: 1, useEma: true, emaOverwriteFrequency: 3),
        ["AdamW"] = () => new AdamW(1e-3),
        ["RMSprop"] = () => new RMSprop(1e-3),
        ["RMSprop, centered, with momentum"] = () => new RMSprop(1e-3, momentum: 0.5, centered: true),
        ["Adagrad"] = () => new Adagrad(0.01),
        ["legacy SGD"] = () => new Legacy.SGD(0.01, momentum: 0.9),
        ["legacy Adam"] = () => new Legacy.Adam(1e-3, amsgrad: true),
        ["legacy RMSprop"] = () => new Legacy.RMSprop(1e-3, momentum: 0.5, centered: true),
        ["legacy RMSprop, plain"] = () => new Legacy.RMSprop(1e-3),
        ["legacy Adagrad"] = () => new Legacy.Adagrad(0.01),
    };

    private static readonly (Loss Loss, string? Activation, bool OneHot, Metric[] Metrics)[] s_losses =
    [
        (new CategoricalCrossentropy(fromLogits: true, labelSmoothing: 0.1), null, true, [new CategoricalAccuracy(), new TopKCategoricalAccuracy(2)]),
        (new CategoricalCrossentropy(), "softmax", true, [new Accuracy()]),
        (new SparseCategoricalCrossentropy(fromLogits: true), null, false, [new SparseCategoricalAccuracy(), new SparseTopKCategoricalAccuracy(2)]),
        (new SparseCategoricalCrossentropy(), "softmax", false, [new SparseCategoricalAccuracy()]),
        (new BinaryCrossentropy(fromLogits: true, labelSmoothing: 0.1), null, true, [new BinaryAccuracy()]),
        (new BinaryCrossentropy(), "sigmoid", true, [new BinaryAccuracy(threshold: 0.4)]),
        (new BinaryCrossentropy(labelSmoothing: 0.1), "softmax", true, []),
    ];

    public static TheoryData<string> Optimizers => [.. s_optimizers.Keys];

    private static int WantedSteps => int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_SOAK"), CultureInfo.InvariantCulture, out int wanted) ? wanted : DefaultSteps;

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Bits_are_the_same_while_garbage_is_collected(string optimizer)
    {
        for (int i = 0; i < s_losses.Length; i++)
        {
            foreach (bool hasMaps in (bool[])[false, true])
            {
                Dictionary<string, double[]> expected = Train(optimizer, i, hasMaps);
                using var stop = new CancellationTokenSource();
                var collector = new Thread(() => Collect(stop.Token));
                collector.Start();
                try
                {
                    Dictionary<string, double[]> actual = Train(optimizer, i, hasMaps);
                    Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
                }
                finally
                {
                    stop.Cancel();
                    collector.Join();
                }
            }
        }
    }

    /// <summary>A tensor of no scope is like a number that nothing keeps: it may be freed while libtorch reads it.</summary>
    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_tensor_of_a_step_belongs_to_a_scope(string optimizer)
    {
        for (int i = 0; i < s_losses.Length; i++)
        {
            foreach (bool hasMaps in (bool[])[false, true])
            {
                using Sequential model = Compiled(optimizer, i, hasMaps);
                Steps(model, i, hasMaps, 1);
                long before = DisposeScopeManager.Statistics.TensorStatistics.CreatedOutsideScopeCount;
                Steps(model, i, hasMaps, 6);
                Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.CreatedOutsideScopeCount);
            }
        }
    }

    private static void Collect(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }
    }

    private static Dictionary<string, double[]> Train(string optimizer, int lossIndex, bool hasMaps)
    {
        using Sequential model = Compiled(optimizer, lossIndex, hasMaps);
        Steps(model, lossIndex, hasMaps, WantedSteps);
        return Networks.Weights(model.Network);
    }

    private static Sequential Compiled(string optimizer, int lossIndex, bool hasMaps)
    {
        (Loss loss, string? activation, _, Metric[] metrics) = s_losses[lossIndex];
        return Networks.Compiled(hasMaps ? MapLayers(activation) : VectorLayers(activation), loss, s_optimizers[optimizer](), metrics, Precision.Float32);
    }

    private static void Steps(Sequential model, int lossIndex, bool hasMaps, int count)
    {
        NDArray x = hasMaps ? Networks.Noise(1, 7, 6, 6, 3) : Networks.Noise(1, 7, 5);
        int[] classes = [0, 1, 2, 3, 0, 1, 2];
        var batch = new Batch(x, s_losses[lossIndex].OneHot ? Networks.OneHot(4, classes) : NDArray.From(classes, classes.Length));
        Batch weighted = batch with { SampleWeight = NDArray.From([1f, 2f, 0.5f, 1f, 1f, 3f, 1f], 7) };
        for (int step = 0; step < count; step++)
        {
            model.CompiledNetwork.Train(step % 3 == 0 ? weighted : batch, null);
            if (step % 10 == 0)
            {
                model.Network.Test(batch);
                model.Network.Predict(x);
            }
        }
    }

    private static Layer[] VectorLayers(string? activation) =>
    [
        new Input([5]),
        new Rescaling(0.5, offset: 0.25),
        new Dense(8, "tanh", kernelRegularizer: new L1L2(1e-3, 1e-3), activityRegularizer: new L1L2(1e-3, 1e-3)),
        new Dropout(0.2),
        new BatchNormalization(),
        new Dense(4, activation, biasRegularizer: new L2(1e-3)),
    ];

    private static Layer[] MapLayers(string? activation) =>
    [
        new Input((6, 6, 3)),
        new Rescaling(2, offset: -1),
        new Conv2D(4, (3, 3), padding: "same", kernelRegularizer: new L2StartingPoint()),
        new BatchNormalization(),
        new Activation("relu"),
        new MaxPooling2D((2, 2)),
        new AveragePooling2D((2, 2), strides: (1, 1), padding: "same"),
        new Flatten(),
        new Dense(4, activation),
    ];
}
