using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: Keras's definitions, computed by plain loops.</summary>
[Collection(SerialEngine.Name)]
public sealed class LayerTests
{
    [Theory]
    [InlineData(3, 3, 1, 1, "same")]
    [InlineData(3, 3, 2, 2, "same")]
    [InlineData(2, 2, 1, 1, "same")]
    [InlineData(5, 2, 3, 2, "same")]
    [InlineData(3, 2, 2, 1, "valid")]
    public void A_convolution_pads_and_strides_as_TensorFlow_does(int height, int width, int down, int right, string padding)
    {
        NDArray x = Networks.Noise(1, 2, 6, 7, 3);
        var layer = new Conv2D(4, (height, width), (down, right), padding);
        using Sequential model = Networks.Compiled([new Input((6, 7, 3)), layer]);
        double[] kernel = model.Network.GetVariable("conv2d/kernel").ToDoubles();

        double[] expected = Windows(x.ToDoubles(), 6, 7, 3, layer.OutputShape, (height, width), (down, right), padding == "same", 4,
            (window, filter) => window.Sum(place => place.Value * kernel[(((((place.Row * width) + place.Column) * 3) + place.Channel) * 4) + filter]));

        AssertEqual(expected, model.Network.Predict(x));
    }

    [Theory]
    [InlineData(2, 2, "valid")]
    [InlineData(3, 2, "same")]
    [InlineData(2, 1, "same")]
    [InlineData(3, 1, "same")]
    public void Pools_look_only_at_what_is_there(int size, int stride, string padding)
    {
        NDArray x = Networks.Noise(2, 2, 5, 6, 3);
        var max = new MaxPooling2D((size, size), (stride, stride), padding);
        var average = new AveragePooling2D((size, size), (stride, stride), padding);

        NDArray maxima = Networks.Output(max, x), means = Networks.Output(average, x);

        AssertEqual(Windows(x.ToDoubles(), 5, 6, 3, max.OutputShape, (size, size), (stride, stride), padding == "same", 3, (window, channel) => window.Where(place => place.Channel == channel).Max(place => place.Value)), maxima);
        AssertEqual(Windows(x.ToDoubles(), 5, 6, 3, average.OutputShape, (size, size), (stride, stride), padding == "same", 3, (window, channel) => window.Where(place => place.Channel == channel).Average(place => place.Value)), means);
    }

    [Fact]
    public void Flatten_runs_over_height_width_and_channels()
    {
        NDArray x = Networks.Noise(3, 2, 3, 4, 5);

        Assert.Equal(x.ToDoubles(), Networks.Output(new Flatten(), x).ToDoubles());
    }

    [Fact]
    public void Global_pools_reduce_each_channel()
    {
        NDArray x = NDArray.From([1.0, 10, 2, 20, 3, 30, 6, -60], 1, 2, 2, 2);

        Assert.Equal([3.0, 0], Networks.Output(new GlobalAveragePooling2D(), x).ToDoubles());
        Assert.Equal([6.0, 30], Networks.Output(new GlobalMaxPooling2D(), x).ToDoubles());
    }

    [Fact]
    public void A_dense_layer_and_a_softmax_act_on_the_channels_of_a_map()
    {
        NDArray x = Networks.Noise(4, 1, 2, 2, 3);
        using Sequential model = Networks.Compiled([new Input((2, 2, 3)), new Dense(2), new Softmax()]);
        double[] kernel = model.Network.GetVariable("dense/kernel").ToDoubles(), values = x.ToDoubles();

        double[] expected = new double[8];
        for (int place = 0; place < 4; place++)
        {
            double[] exponentials = [.. Enumerable.Range(0, 2).Select(unit => Math.Exp(Enumerable.Range(0, 3).Sum(channel => values[(place * 3) + channel] * kernel[(channel * 2) + unit])))];
            exponentials.Select(value => value / exponentials.Sum()).ToArray().CopyTo(expected, place * 2);
        }

        AssertEqual(expected, model.Network.Predict(x));
    }

    [Fact]
    public void Bytes_are_rescaled_on_the_device()
    {
        NDArray x = NDArray.From(new byte[] { 0, 51, 255 }, 1, 1, 1, 3);

        double[] scaled = Networks.Output(new Rescaling(1.0 / 127.5, -1), x).ToDoubles();

        // Keras has the factor in 4-byte numbers.
        Assert.Equal([-1, (51 * (double)(float)(1 / 127.5)) - 1, (255 * (double)(float)(1 / 127.5)) - 1], scaled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_running_variance_follows_the_unbiased_variance_of_maps_and_the_biased_of_vectors(bool isVector)
    {
        // Four values of each channel: sum of squares over 3 for maps, over 4 for vectors.
        Layer[] layers = isVector
            ? [new Input([1]), new BatchNormalization(momentum: 0.75), new Dense(2)]
            : [new Input((1, 1, 1)), new BatchNormalization(momentum: 0.75), new Flatten(), new Dense(2)];
        using Sequential model = Networks.Compiled(layers);
        NDArray x = isVector ? NDArray.From([1.0, 2, 3, 6], 4, 1) : NDArray.From([1.0, 2, 3, 6], 4, 1, 1, 1);

        model.CompiledNetwork.Train(new Batch(x, Networks.OneHot(2, 0, 1, 0, 1)), null);

        // Keras has 1 - momentum in 4-byte numbers, where 0.25 is exact.
        Assert.Equal(0.25 * 3, model.Network.GetVariable("batch_normalization/moving_mean").ToDoubles()[0], 1e-12);
        Assert.Equal(0.75 + (0.25 * 14 / (isVector ? 4 : 3)), model.Network.GetVariable("batch_normalization/moving_variance").ToDoubles()[0], 1e-12);
    }

    [Fact]
    public void One_value_for_each_channel_normalises_to_beta()
    {
        using Sequential model = Networks.Compiled([new Input((1, 1, 2)), new BatchNormalization(), new Flatten(), new Dense(2)]);

        StepResult result = model.CompiledNetwork.Train(new Batch(Networks.Noise(5, 1, 1, 1, 2), Networks.OneHot(2, 0)), null);

        Assert.Equal(Math.Log(2), result.Loss, 1e-12);
    }

    [Fact]
    public void A_frozen_batch_norm_uses_its_running_statistics_and_leaves_them_alone()
    {
        var norm = new BatchNormalization { Trainable = false };
        using Sequential model = Networks.Compiled([new Input((2, 2, 3)), norm, new Flatten(), new Dense(2)]);
        var batch = new Batch(Networks.Noise(6, 4, 2, 2, 3), Networks.OneHot(2, 0, 1, 1, 0));

        double evaluated = model.CompiledNetwork.Test(batch).Loss;
        double trained = model.CompiledNetwork.Train(batch, null).Loss;

        Assert.Equal(evaluated, trained, 1e-12);
        Assert.Equal([0.0, 0, 0], model.Network.GetVariable("batch_normalization/moving_mean").ToDoubles());
        Assert.Equal([1.0, 1, 1], model.Network.GetVariable("batch_normalization/gamma").ToDoubles());
    }

    [Fact]
    public void Dropout_depends_on_seed_and_step_alone_and_keeps_the_mean()
    {
        const int count = 20_000;
        NDArray ones = NDArray.From([.. Enumerable.Repeat(1.0, count)], 1, count);
        double[] Gradient(int seed, int steps)
        {
            // The kernel's gradient is the dropped input times a constant.
            using Sequential model = Networks.Compiled([new Input([count]), new Dropout(0.3), new Dense(2, kernelInitializer: "zeros")], seed: seed, optimizer: new SGD(0.0));
            var batch = new Batch(ones, Networks.OneHot(2, 0));
            for (int i = 0; i < steps; i++)
            {
                model.CompiledNetwork.Train(batch, null);
            }

            return [.. model.CompiledNetwork.Gradients(batch, null)["dense/kernel"].ToDoubles().Where((_, i) => i % 2 == 1).Select(value => value * 2)];
        }

        double[] first = Gradient(1, 0), second = Gradient(1, 1);

        Assert.Equal(first, Gradient(1, 0));
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, Gradient(2, 0));
        Assert.All(first, value => Assert.True(value == 0 || Math.Abs(value - (1 / 0.7)) < 1e-6, $"{value}"));

        // The share that is dropped has a standard error of 0.0032.
        Assert.InRange(first.Count(value => value == 0) / (double)count, 0.287, 0.313);
    }

    [Fact]
    public void Dropout_does_nothing_outside_training()
    {
        NDArray x = Networks.Noise(7, 3, 8);

        Assert.Equal(x.ToDoubles(), Networks.Output(new Dropout(0.5), x).ToDoubles());
    }

    [Fact]
    public void The_derivative_of_relu_at_0_is_0()
    {
        using Sequential model = Networks.Compiled([new Input([1]), new Dense(1, kernelInitializer: "zeros"), new ReLU(), new Dense(2)], optimizer: new SGD(0.0));

        IReadOnlyDictionary<string, NDArray> gradients = model.CompiledNetwork.Gradients(new Batch(NDArray.From([1.0], 1, 1), Networks.OneHot(2, 0)), null);

        Assert.Equal(0, gradients["dense/kernel"].ToDoubles()[0]);
    }

    [Fact]
    public void A_model_within_names_its_weights_and_freezes_them()
    {
        var inner = new Sequential([new Input([3]), new Dense(4)], "base") { Trainable = false };
        using Sequential model = Networks.Compiled([inner, new Dense(2)]);
        double[] frozen = model.Network.GetVariable("base/dense/kernel").ToDoubles(), free = model.Network.GetVariable("dense/kernel").ToDoubles();

        model.CompiledNetwork.Train(new Batch(Networks.Noise(8, 2, 3), Networks.OneHot(2, 0, 1)), null);

        Assert.Equal(["base/dense/kernel", "base/dense/bias", "dense/kernel", "dense/bias"], model.Network.Variables);
        Assert.Equal(frozen, model.Network.GetVariable("base/dense/kernel").ToDoubles());
        Assert.NotEqual(free, model.Network.GetVariable("dense/kernel").ToDoubles());
    }

    private static void AssertEqual(double[] expected, NDArray actual)
    {
        double[] values = actual.ToDoubles();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], values[i], 1e-10);
        }
    }

    private readonly record struct Place(int Row, int Column, int Channel, double Value);

    private static double[] Windows(
        double[] x, int height, int width, int channels, IReadOnlyList<int> output, (int Height, int Width) size, (int Down, int Right) stride, bool same, int outputs, Func<IReadOnlyList<Place>, int, double> value)
    {
        // With "same", TensorFlow puts the smaller half before.
        int top = same ? Math.Max(0, ((output[0] - 1) * stride.Down) + size.Height - height) / 2 : 0;
        int left = same ? Math.Max(0, ((output[1] - 1) * stride.Right) + size.Width - width) / 2 : 0;
        List<double> result = [];
        for (int sample = 0; sample < x.Length / (height * width * channels); sample++)
        {
            for (int row = 0; row < output[0]; row++)
            {
                for (int column = 0; column < output[1]; column++)
                {
                    List<Place> window = [];
                    for (int i = 0; i < size.Height; i++)
                    {
                        for (int j = 0; j < size.Width; j++)
                        {
                            (int y, int z) = ((row * stride.Down) + i - top, (column * stride.Right) + j - left);
                            if (y >= 0 && y < height && z >= 0 && z < width)
                            {
                                window.AddRange(Enumerable.Range(0, channels).Select(c => new Place(i, j, c, x[(((((sample * height) + y) * width) + z) * channels) + c])));
                            }
                        }
                    }

                    result.AddRange(Enumerable.Range(0, outputs).Select(k => value(window, k)));
                }
            }
        }

        return [.. result];
    }
}
