using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: the formulas of keras/src/losses.py, backend.py and metrics, written out.</summary>
[Collection(SerialEngine.Name)]
public sealed class LossAndMetricTests
{
    private static readonly double[] s_outputs = [0.2, 0.5, 0.1, 0.9, 0.3, 0.6];

    [Fact]
    public void Probabilities_of_no_softmax_are_made_to_sum_to_1_and_clipped()
    {
        double expected = -(Math.Log(0.5 / 0.8) + Math.Log(0.9 / 1.8)) / 2;

        Assert.Equal(expected, Test(new CategoricalCrossentropy(), Networks.OneHot(3, 1, 0)).Loss, 1e-12);
    }

    [Fact]
    public void A_probability_of_0_costs_minus_log_1e_7()
    {
        using Sequential model = Networks.Compiled([new Input([2]), new ReLU()], new CategoricalCrossentropy());

        double loss = model.CompiledNetwork.Test(new Batch(NDArray.From([1.0, 0], 1, 2), Networks.OneHot(2, 1))).Loss;

        Assert.Equal(-Math.Log(1e-7), loss, 1e-9);
    }

    [Fact]
    public void Sparse_crossentropy_normalises_the_clipped_probabilities()
    {
        double expected = -(Math.Log(0.5 / 0.8) + Math.Log(0.9 / 1.8)) / 2;

        Assert.Equal(expected, Test(new SparseCategoricalCrossentropy(), NDArray.From([1, 0])).Loss, 1e-12);
        Assert.Equal(expected, Test(new SparseCategoricalCrossentropy(), NDArray.From(new byte[] { 1, 0 }, 2, 1)).Loss, 1e-12);
    }

    [Fact]
    public void Binary_crossentropy_is_the_mean_over_the_outputs_with_smoothed_targets()
    {
        double expected = 0;
        double[] targets = [0, 1, 0, 1, 0, 0];
        for (int i = 0; i < 6; i++)
        {
            double target = (targets[i] * 0.8) + 0.1;
            expected -= ((target * Math.Log(s_outputs[i] + 1e-7)) + ((1 - target) * Math.Log(1 - s_outputs[i] + 1e-7))) / 6;
        }

        Assert.Equal(expected, Test(new BinaryCrossentropy(labelSmoothing: 0.2), Networks.OneHot(3, 1, 0)).Loss, 1e-12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_softmax_at_the_end_is_undone_before_a_loss_from_probabilities(bool asLayer)
    {
        // exp(-1000) is 0, whose clipped logarithm would be -16.
        Layer softmax = asLayer ? new Softmax() : new Activation("softmax");
        using Sequential model = Networks.Compiled([new Input([2]), softmax], "categorical_crossentropy");

        double loss = model.CompiledNetwork.Test(new Batch(NDArray.From([1000.0, 0], 1, 2), Networks.OneHot(2, 1))).Loss;

        Assert.Equal(1000, loss, 1e-9);
    }

    [Fact]
    public void A_sigmoid_at_the_end_is_undone_before_a_loss_from_probabilities()
    {
        using Sequential model = Networks.Compiled([new Input([1]), new Activation("sigmoid")], "binary_crossentropy", metrics: ["accuracy"]);

        StepResult result = model.CompiledNetwork.Test(new Batch(NDArray.From([1000.0, -1000], 2, 1), NDArray.From([0, 0])));

        Assert.Equal(500, result.Loss, 1e-9);
        Assert.Equal((1.0, 2.0), result.Metrics[0]);
    }

    [Fact]
    public void Weights_multiply_and_the_sum_is_divided_by_the_number_of_samples()
    {
        using Sequential model = Networks.Compiled([new Input([2]), new Dense(2, kernelInitializer: "zeros")]);
        var batch = new Batch(Networks.Noise(1, 4, 2), Networks.OneHot(2, 0, 1, 1, 0), NDArray.From([1.0, 2, 3, 4]));

        double loss = model.CompiledNetwork.Train(batch, new Dictionary<int, double> { [0] = 0.5, [1] = 2 }).Loss;

        Assert.Equal((0.5 + 4 + 6 + 2) * Math.Log(2) / 4, loss, 1e-12);
    }

    [Fact]
    public void Metrics_count_hits_as_Keras_does()
    {
        IReadOnlyList<Metric> rows = ["accuracy", "categorical_accuracy", new TopKCategoricalAccuracy(2), "binary_accuracy", new BinaryAccuracy(0.4), "categorical_crossentropy"];
        IReadOnlyList<Metric> indices = ["acc", "sparse_categorical_accuracy", new SparseTopKCategoricalAccuracy(2), "sparse_categorical_crossentropy"];

        StepResult first = Test("categorical_crossentropy", Networks.OneHot(3, 0, 0), rows);
        StepResult second = Test("sparse_categorical_crossentropy", NDArray.From([0, 0]), indices);

        // Outputs 0.2 0.5 0.1 and 0.9 0.3 0.6, classes 0 and 0.
        Assert.Equal([1, 1, 2, 1.333333333333, 1], first.Metrics.Take(5).Select(metric => Math.Round(metric.Sum, 12)));
        Assert.Equal([1.0, 1, 2], second.Metrics.Take(3).Select(metric => metric.Sum));
        Assert.All(first.Metrics, metric => Assert.Equal(2, metric.Count));
        Assert.Equal(first.Loss, first.Metrics[5].Sum / 2, 1e-12);
        Assert.Equal(second.Loss, second.Metrics[3].Sum / 2, 1e-12);
        Assert.Equal(["accuracy", "categorical_accuracy", "top_k_categorical_accuracy", "binary_accuracy", "binary_accuracy", "categorical_crossentropy"], rows.Select(metric => metric.Name));
        Assert.Equal("acc", indices[0].Name);
    }

    [Fact]
    public void Equal_outputs_share_a_place_among_the_largest()
    {
        using Sequential model = Networks.Compiled([new Input([3]), new ReLU()], "sparse_categorical_crossentropy", metrics: [new SparseTopKCategoricalAccuracy(1), "accuracy"]);

        StepResult result = model.CompiledNetwork.Test(new Batch(NDArray.From([0.5, 0.5, 0.1, 0.5, 0.5, 0.1, double.NaN, 0.1, 0.2], 3, 3), NDArray.From([0, 1, 1])));

        Assert.Equal(2, result.Metrics[0].Sum);
        Assert.Equal(1, result.Metrics[1].Sum);
    }

    public static TheoryData<string, NDArray, string> Misfits => new()
    {
        { "sparse_categorical_crossentropy", NDArray.From([0, 3]), "class 3" },
        { "sparse_categorical_crossentropy", NDArray.From([-1, 0]), "class -1" },
        { "sparse_categorical_crossentropy", NDArray.From([float.NaN, 0f]), "no class index" },
        { "sparse_categorical_crossentropy", Networks.OneHot(3, 0, 1), "without sparse_" },
        { "categorical_crossentropy", NDArray.From([0, 1]), "sparse_ variant" },
        { "categorical_crossentropy", Networks.OneHot(4, 0, 1), "(2, 4)" },
        { "categorical_crossentropy", Networks.OneHot(3, 0), "1 targets" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Targets_that_do_not_fit_are_named(string loss, NDArray targets, string part)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Test(loss, targets));

        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Class_weights_must_cover_all_classes_without_gaps()
    {
        using Sequential model = Networks.Compiled([new Input([2]), new Dense(3)], new SparseCategoricalCrossentropy(fromLogits: true));
        var batch = new Batch(Networks.Noise(1, 1, 2), NDArray.From([2]));

        Assert.Contains("class 2", Assert.Throws<ArgumentException>(() => model.CompiledNetwork.Train(batch, new Dictionary<int, double> { [0] = 1, [1] = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("gaps", Assert.Throws<ArgumentException>(() => model.CompiledNetwork.Train(batch, new Dictionary<int, double> { [0] = 1, [2] = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_names_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Loss.FromName("mean_squared_logarithmic_error"));
        Assert.Throws<ArgumentException>(() => Metric.FromName("auc"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CategoricalCrossentropy(labelSmoothing: 1.1));
    }

    private static StepResult Test(Loss loss, NDArray targets, IReadOnlyList<Metric>? metrics = null)
    {
        // A layer that changes nothing, and hides nothing.
        using Sequential model = Networks.Compiled([new Input([3]), new ReLU()], loss, metrics: metrics);
        return model.CompiledNetwork.Test(new Batch(NDArray.From(s_outputs, 2, 3), targets));
    }
}
