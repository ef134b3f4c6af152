using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <content>Evaluation and prediction.</content>
public abstract partial class Model
{
    /// <summary>The loss and the metrics on arrays.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many.</param>
    /// <param name="batchSize">Samples in a step; null for 32, or, with <paramref name="steps"/>, for as many as it takes.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <param name="steps">Steps in all; null for all samples.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="cancellationToken">Ends the evaluation before the next step.</param>
    /// <returns><c>loss</c> and each metric by its name.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the arrays don't fit the model or each other.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public Logs Evaluate(
        NDArray x,
        NDArray y,
        int? batchSize = null,
        Verbosity verbose = Verbosity.ProgressBar,
        NDArray? sampleWeight = null,
        int? steps = null,
        IReadOnlyList<Callback>? callbacks = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Accept(x);
        return EvaluateBatches(ArrayBatches.Of(x, y, sampleWeight, batchSize, Positive(steps), shuffleSeed: null), verbose, steps, callbacks, cancellationToken);
    }

    /// <summary>The loss and the metrics on a dataset.</summary>
    /// <param name="x">Batches with targets; pass 0 is read.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="steps">Steps in all; null for the whole dataset.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="cancellationToken">Ends the evaluation before the next step.</param>
    /// <returns><c>loss</c> and each metric by its name.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the dataset is empty.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public Logs Evaluate(
        Dataset x,
        Verbosity verbose = Verbosity.ProgressBar,
        int? steps = null,
        IReadOnlyList<Callback>? callbacks = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        BuildFor(x, cancellationToken);
        return EvaluateBatches(x, verbose, Positive(steps), callbacks, cancellationToken);
    }

    /// <summary>The model's outputs for an array.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="batchSize">Samples in a step; null for 32, or, with <paramref name="steps"/>, for as many as it takes.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="steps">Steps in all; null for all samples.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="cancellationToken">Ends the prediction before the next step.</param>
    /// <returns>(samples, ...), in the type of the computation.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the array doesn't fit the model.</exception>
    /// <exception cref="OperationCanceledException">The prediction was cancelled.</exception>
    public NDArray Predict(
        NDArray x,
        int? batchSize = null,
        Verbosity verbose = Verbosity.ProgressBar,
        int? steps = null,
        IReadOnlyList<Callback>? callbacks = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        Accept(x);
        return PredictBatches(ArrayBatches.Of(x, null, null, batchSize, Positive(steps), shuffleSeed: null), verbose, steps, callbacks, cancellationToken);
    }

    /// <summary>The model's outputs for a dataset; targets in it are left aside.</summary>
    /// <param name="x">Batches; pass 0 is read.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="steps">Steps in all; null for the whole dataset.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="cancellationToken">Ends the prediction before the next step.</param>
    /// <returns>(samples, ...), in the type of the computation.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the dataset is empty.</exception>
    /// <exception cref="OperationCanceledException">The prediction was cancelled.</exception>
    public NDArray Predict(
        Dataset x,
        Verbosity verbose = Verbosity.ProgressBar,
        int? steps = null,
        IReadOnlyList<Callback>? callbacks = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        BuildFor(x, cancellationToken);
        return PredictBatches(x, verbose, Positive(steps), callbacks, cancellationToken);
    }

    private Logs EvaluateBatches(Dataset data, Verbosity verbose, int? steps, IReadOnlyList<Callback>? callbacks, CancellationToken cancellationToken)
    {
        var list = new CallbackList(callbacks, verbose);
        list.Attach(this, new RunParameters { Verbose = verbose, Steps = steps ?? data.Cardinality });
        return new EvaluationLoop(this, data, steps).Run(list, cancellationToken);
    }

    private NDArray PredictBatches(Dataset data, Verbosity verbose, int? steps, IReadOnlyList<Callback>? callbacks, CancellationToken cancellationToken)
    {
        using var batches = BatchStream.Of(data, steps, firstEpoch: 0, epochs: 1, repeated: false, cancellationToken);
        var list = new CallbackList(callbacks, verbose);
        list.Attach(this, new RunParameters { Verbose = verbose, Steps = batches.Steps });
        return PredictionLoop.Run(this, batches, list, cancellationToken);
    }

    private static int? Positive(int? steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps ?? 1, 1, nameof(steps));
        return steps;
    }
}
