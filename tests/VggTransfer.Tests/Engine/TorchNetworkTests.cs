using TorchSharp;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>What a network does besides computing.</summary>
[Collection(SerialEngine.Name)]
public sealed class TorchNetworkTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(0.5)]
    public void Gathering_gradients_starting_points_and_swaps_leave_no_native_memory_behind(double? clipnorm)
    {
        var optimizer = new AdamW(1e-3, clipnorm: clipnorm, useEma: true) { GradientAccumulationSteps = 3 };
        optimizer.ScaleLearningRate("kernel", 0.5);
        using Sequential model = Networks.Compiled(
            [new Input((8, 8, 3)), new Conv2D(4, (3, 3), kernelRegularizer: new L2StartingPoint()), new Flatten(), new Dense(3, kernelRegularizer: new L2StartingPoint())], optimizer: optimizer, precision: Precision.BFloat16);
        var batch = new Batch(Networks.Noise(1, 4, 8, 8, 3), Networks.OneHot(3, 0, 1, 2, 0));
        Steps(7);
        long tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Steps(60);
        Assert.Equal(tensors, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                model.CompiledNetwork.Train(batch, null);
                float[] own = model.Network.Predict(batch.X).ToSingles();
                model.Network.ShowsAverages = true;
                model.Network.Predict(batch.X);
                model.Network.GetOptimizerState();
                model.Network.Test(batch);
                model.Network.ShowsAverages = false;
                Assert.Equal(own, model.Network.Predict(batch.X).ToSingles());
                model.Network.Gradients(batch, null);
            }
        }
    }

    [Fact]
    public void Disposing_a_model_frees_its_tensors()
    {
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var optimizer = new Adam(useEma: true) { GradientAccumulationSteps = 2 };
        using (Sequential model = Networks.Compiled([new Input([3]), new Dense(2, kernelRegularizer: new L2StartingPoint()), new BatchNormalization()], optimizer: optimizer, precision: Precision.BFloat16))
        {
            model.CompiledNetwork.Train(new Batch(Networks.Noise(1, 4, 3), Networks.OneHot(2, 0, 1, 0, 1)), null);
            model.Compile(optimizer, new CategoricalCrossentropy(fromLogits: true));
            model.CompiledNetwork.Train(new Batch(Networks.Noise(1, 4, 3), Networks.OneHot(2, 0, 1, 0, 1)), null);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Initial_weights_follow_from_the_seed()
    {
        Layer[] Layers() => [new Input([30]), new Dense(20), new Dense(20)];
        using Sequential first = Networks.Compiled(Layers()), same = Networks.Compiled(Layers()), other = Networks.Compiled(Layers(), seed: 2);

        Assert.Equal(Networks.Weights(first.Network), Networks.Weights(same.Network));
        Assert.NotEqual(Networks.Weights(first.Network)["dense/kernel"], Networks.Weights(other.Network)["dense/kernel"]);
        Assert.NotEqual(Networks.Weights(first.Network)["dense/kernel"].Take(20), Networks.Weights(first.Network)["dense_1/kernel"].Take(20));
    }

    [Fact]
    public void Half_as_many_bits_learn_the_same()
    {
        Layer[] Layers() =>
        [
            new Input((16, 16, 3)), new Rescaling(1 / 255.0), new Conv2D(8, (3, 3), padding: "same", useBias: false, kernelRegularizer: new L2(1e-3)), new BatchNormalization(), new ReLU(), new MaxPooling2D(),
            new Flatten(), new Dense(16, "relu"), new Dense(4, "softmax"),
        ];
        byte[] pixels = new byte[32 * 16 * 16 * 3];
        new Random(3).NextBytes(pixels);
        var batch = new Batch(NDArray.From(pixels, 32, 16, 16, 3), NDArray.From([.. Enumerable.Range(0, 32).Select(i => i % 4)]));
        double[] Losses(Precision precision)
        {
            using Sequential model = Networks.Compiled(Layers(), "sparse_categorical_crossentropy", new SGD(0.05, 0.9), precision: precision);
            return [.. Enumerable.Range(0, 20).Select(_ => model.CompiledNetwork.Train(batch, null).Loss)];
        }

        double[] half = Losses(Precision.BFloat16), single = Losses(Precision.Float32);

        // bfloat16 has 8 bits: 0.4 % in each number.
        Assert.Equal(single[0], half[0], 0.02);
        Assert.Equal(single[19], half[19], 0.15);
        Assert.True(single[19] < single[0] - 0.5, $"{single[0]} to {single[19]}");
    }

    [Fact]
    public void Penalties_count_frozen_weights_too_and_evaluation_has_them()
    {
        var frozen = new Dense(2, useBias: false, kernelInitializer: "ones", kernelRegularizer: new L1L2(0.1, 0.01)) { Trainable = false };
        using Sequential model = Networks.Compiled([new Input([3]), frozen, new Dense(2, useBias: false, kernelInitializer: "ones", kernelRegularizer: new L2(0.5))]);
        var batch = new Batch(Networks.Noise(1, 2, 3), Networks.OneHot(2, 0, 1));

        StepResult tested = model.CompiledNetwork.Test(batch);
        StepResult trained = model.CompiledNetwork.Train(batch, null);

        Assert.Equal((6 * 0.11) + (4 * 0.5), tested.RegularizationLoss, 1e-12);
        Assert.Equal(tested.RegularizationLoss, trained.RegularizationLoss, 1e-12);
        Assert.Equal(tested.Loss, trained.Loss, 1e-12);
    }

    [Fact]
    public void A_network_without_trainable_weights_is_only_judged()
    {
        using Sequential model = Networks.Compiled([new Input([3]), new Dense(2) { Trainable = false }]);
        Dictionary<string, double[]> before = Networks.Weights(model.Network);

        StepResult result = model.CompiledNetwork.Train(new Batch(Networks.Noise(1, 2, 3), Networks.OneHot(2, 0, 1)), null);

        Assert.True(double.IsFinite(result.Loss));
        Assert.Equal(before, Networks.Weights(model.Network));
    }

    [Fact]
    public void The_first_layer_with_no_number_is_named()
    {
        using Sequential model = Networks.Compiled([new Input([2]), new Dense(2, "relu"), new Dense(2)]);
        var batch = new Batch(Networks.Noise(1, 2, 2), Networks.OneHot(2, 0, 1));

        Assert.Null(model.CompiledNetwork.FirstNonFinite(batch));
        model.Network.SetVariable("dense_1/bias", NDArray.From([double.PositiveInfinity, 0]));
        Assert.Equal("dense_1", model.CompiledNetwork.FirstNonFinite(batch));
        Assert.False(double.IsFinite(model.CompiledNetwork.Train(batch, null).Loss));
    }

    [Fact]
    public void Inputs_and_weights_of_another_shape_are_refused()
    {
        using Sequential model = Networks.Compiled([new Input((4, 4, 3)), new Conv2D(2, (3, 3)), new Flatten(), new Dense(2)]);

        Assert.Contains("(samples, 4, 4, 3)", Assert.Throws<ArgumentException>(() => model.Network.Predict(Networks.Noise(1, 1, 3, 4, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("(3, 3, 3, 2)", Assert.Throws<ArgumentException>(() => model.Network.SetVariable("conv2d/kernel", Networks.Noise(1, 2, 3, 3, 3))).Message, StringComparison.Ordinal);
        Assert.Contains("dense/bias", Assert.Throws<ArgumentException>(() => model.Network.GetVariable("dense/gamma")).Message, StringComparison.Ordinal);
        Assert.Contains("targets", Assert.Throws<ArgumentException>(() => model.CompiledNetwork.Test(new Batch(Networks.Noise(1, 1, 4, 4, 3)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_device_is_named_and_an_absent_one_refused()
    {
        using Sequential model = Networks.Compiled([new Input([2]), new Dense(2)], precision: Precision.BFloat16);
        Assert.Equal("CPU, 1 thread, bfloat16", model.Device);

        foreach (string device in (string[])["cuda", "cuda:1", "tpu", "cuda:-1"])
        {
            Assert.SkipWhen(device.StartsWith("cuda", StringComparison.Ordinal) && torch.cuda.is_available(), "this machine has a GPU");
            using var other = new Sequential([new Input([2]), new Dense(2)]) { Execution = new ExecutionOptions { Device = device } };
            Assert.Contains(device, Assert.Throws<ArgumentException>(() => other.Device).Message, StringComparison.Ordinal);
        }
    }
}
