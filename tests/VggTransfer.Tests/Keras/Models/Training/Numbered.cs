using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Keras.Models;

/// <summary>A model of a few weights and samples that tell their numbers.</summary>
internal static class Numbered
{
    /// <summary>Compiled, and silent but for what a test reads.</summary>
    public static Sequential Model(Optimizer? optimizer = null, StringWriter? output = null, List<string>? warnings = null)
    {
        var model = new Sequential { new Dense(2, inputShape: [1]) };
        model.Execution = new ExecutionOptions { Device = "cpu", Threads = 1 };
        model.Compile(optimizer ?? new SGD(0.01), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        model.Output = output ?? TextWriter.Null;
        model.Warning = message => (warnings ?? throw new InvalidOperationException(message)).Add(message);
        return model;
    }

    /// <summary>Sample i is i, its class i mod 2.</summary>
    public static (NDArray X, NDArray Y) Samples(int count) =>
        (NDArray.From([.. Enumerable.Range(0, count).Select(i => (float)i)], count, 1), NDArray.From([.. Enumerable.Range(0, count).Select(i => i % 2)], count));

    /// <summary>Batches of them in order.</summary>
    public static Dataset Batches(int count, int size) => Dataset.FromTensorSlices(Samples(count).X, Samples(count).Y).Batch(size);

    /// <summary>The samples that a dataset gives, noted as they are read.</summary>
    public static Dataset Noting(this Dataset dataset, List<int[]> read) => dataset.Map(batch =>
    {
        read.Add([.. batch.X.ToSingles().Select(value => (int)value)]);
        return batch;
    });

    /// <summary>Notes the figures of each epoch.</summary>
    public static LambdaCallback Ends(List<string> notes) => new(onEpochEnd: (epoch, logs) => notes.Add($"{epoch} {string.Join(",", logs.Keys)}"));
}
