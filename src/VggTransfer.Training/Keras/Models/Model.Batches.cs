using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <content>Single batches, without callbacks.</content>
public abstract partial class Model
{
    /// <summary>One step of training.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <param name="classWeight">A factor on the loss of each class; null for 1.</param>
    /// <returns>The loss (before the update) and each metric by its name, of this batch alone.</returns>
    /// <exception cref="ArgumentException">The arrays don't fit the model or each other.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    public Logs TrainOnBatch(NDArray x, NDArray y, NDArray? sampleWeight = null, IReadOnlyDictionary<int, double>? classWeight = null) =>
        Figures(CompiledNetworkFor(x, y, sampleWeight).Train(new Batch(x, y, sampleWeight), classWeight));

    /// <summary>One step of evaluation.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <returns>The loss and each metric by its name, of this batch alone.</returns>
    /// <exception cref="ArgumentException">The arrays don't fit the model or each other.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    public Logs TestOnBatch(NDArray x, NDArray y, NDArray? sampleWeight = null) =>
        Figures(CompiledNetworkFor(x, y, sampleWeight).Test(new Batch(x, y, sampleWeight)));

    /// <summary>The model's outputs for one batch.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <returns>(samples, ...), in the type of the computation.</returns>
    /// <exception cref="ArgumentException">The array doesn't fit the model.</exception>
    public NDArray PredictOnBatch(NDArray x)
    {
        SampleCount.Check(x, y: null, sampleWeight: null);
        Accept(x);
        return Network.Predict(x);
    }

    private INetwork CompiledNetworkFor(NDArray x, NDArray y, NDArray? sampleWeight)
    {
        ArgumentNullException.ThrowIfNull(y);
        SampleCount.Check(x, y, sampleWeight);
        Accept(x);
        return CompiledNetwork;
    }

    private Logs Figures(StepResult step)
    {
        var figures = new RunningFigures(Training.Metrics);
        figures.Add(step);
        return figures.ToLogs();
    }
}
