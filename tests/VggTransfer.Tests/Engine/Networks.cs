using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Small models for tests, on the CPU.</summary>
internal static class Networks
{
    /// <summary>A compiled model; weights are Keras's defaults with seed 1.</summary>
    public static Sequential Compiled(
        IEnumerable<Layer> layers, Loss? loss = null, Optimizer? optimizer = null, IReadOnlyList<Metric>? metrics = null, Precision precision = Precision.Float64, int seed = 1)
    {
        var model = new Sequential(layers) { Execution = new ExecutionOptions { Device = "cpu", Precision = precision, Threads = 1, Seed = seed } };
        model.Compile(optimizer ?? new SGD(0.1), loss ?? new CategoricalCrossentropy(fromLogits: true), metrics);
        return model;
    }

    /// <summary>A layer's output for one input, in 8-byte numbers.</summary>
    public static NDArray Output(Layer layer, NDArray x)
    {
        using Sequential model = Compiled([new Input([.. x.Shape.Skip(1)]), layer]);
        return model.Network.Predict(x);
    }

    /// <summary>Numbers from -1 to 1 that depend on the seed.</summary>
    public static NDArray Noise(int seed, params int[] shape)
    {
        var random = new Random(seed);
        double[] values = new double[shape.Aggregate(1, (product, dimension) => product * dimension)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextDouble()) - 1;
        }

        return NDArray.From(values, shape);
    }

    /// <summary>One-hot rows.</summary>
    public static NDArray OneHot(int classes, params int[] indices)
    {
        float[] rows = new float[indices.Length * classes];
        foreach ((int i, int index) in indices.Index())
        {
            rows[(i * classes) + index] = 1;
        }

        return NDArray.From(rows, indices.Length, classes);
    }

    /// <summary>All weights by name.</summary>
    public static Dictionary<string, double[]> Weights(INetwork network) => network.Variables.ToDictionary(name => name, name => network.GetVariable(name).ToDoubles());
}
