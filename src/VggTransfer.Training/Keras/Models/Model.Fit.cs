using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <content>Training.</content>
public abstract partial class Model
{
    /// <summary>The figures of the last training; null before the first. Also there when a training was cancelled.</summary>
    public History? History { get; internal set; }

    /// <summary>Trains on arrays (keras/src/engine/training.py, <c>fit</c>).</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many: class indices, or one-hot rows.</param>
    /// <param name="batchSize">Samples in a step; null for 32, or, with <paramref name="stepsPerEpoch"/>, for as many as it takes.</param>
    /// <param name="epochs">The number of the last epoch, 1 or more.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="validationSplit">
    /// The share of the samples, from 0 to below 1, that is held back for validation: the last ones, before any shuffling.
    /// Ignored where <paramref name="validationData"/> are given.
    /// </param>
    /// <param name="validationData">What is evaluated after epochs.</param>
    /// <param name="shuffle">Whether each epoch has another order; it follows from the epoch and from the seed of <see cref="Execution"/>.</param>
    /// <param name="classWeight">A factor on the loss of each class 0, 1, ...; null for 1. Validation ignores it.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <param name="initialEpoch">The first epoch, from 0: where an earlier training goes on.</param>
    /// <param name="stepsPerEpoch">
    /// Steps of an epoch; null for all samples. Otherwise the samples, one epoch's order after the other, are one stream
    /// that epochs read on.
    /// </param>
    /// <param name="validationSteps">Steps of a validation; null for all.</param>
    /// <param name="validationBatchSize">Samples in a step of validation; null for <paramref name="batchSize"/>.</param>
    /// <param name="validationFreq">After which epochs is validated.</param>
    /// <param name="cancellationToken">
    /// Ends the training after the step under way; with a <see cref="BackupAndRestore"/> the state is saved first.
    /// </param>
    /// <returns>The figures of each epoch.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the arrays don't fit the model or each other.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    /// <exception cref="TrainingDivergedException">The loss isn't finite, and no <see cref="TerminateOnNaN"/> is there.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    /// <exception cref="InvalidModelFileException">A checkpoint can't be used.</exception>
    public History Fit(
        NDArray x,
        NDArray y,
        int? batchSize = null,
        int epochs = 1,
        Verbosity verbose = Verbosity.ProgressBar,
        IReadOnlyList<Callback>? callbacks = null,
        double validationSplit = 0,
        ValidationData? validationData = null,
        bool shuffle = true,
        IReadOnlyDictionary<int, double>? classWeight = null,
        NDArray? sampleWeight = null,
        int initialEpoch = 0,
        int? stepsPerEpoch = null,
        int? validationSteps = null,
        int? validationBatchSize = null,
        ValidationFrequency validationFreq = default,
        CancellationToken cancellationToken = default)
    {
        SampleCount.Check(x, y, sampleWeight);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch ?? 1, 1, nameof(stepsPerEpoch));
        ArgumentOutOfRangeException.ThrowIfLessThan(validationBatchSize ?? 1, 1, nameof(validationBatchSize));
        if (validationSplit is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(validationSplit), validationSplit, "The share for validation must be 0 or more, and below 1.");
        }

        if (validationSplit > 0 && validationData is null)
        {
            (x, y, sampleWeight, validationData) = SplitOff(x, y, sampleWeight, validationSplit);
        }

        Accept(x);
        Dataset data = ArrayBatches.Of(x, y, sampleWeight, batchSize, stepsPerEpoch, shuffle ? Execution.Seed : null);
        return Fit(
            new FitArguments(data, IsRepeated: true, Origin: $"{x.Length} samples in batches of {(batchSize is { } size ? $"{size}" : "the default size")}, {(shuffle ? $"shuffled with seed {Execution.Seed}" : "in order")}")
            {
                Epochs = epochs,
                InitialEpoch = initialEpoch,
                StepsPerEpoch = stepsPerEpoch,
                Verbose = verbose,
                Callbacks = callbacks,
                ValidationData = validationData?.ToDataset(validationBatchSize ?? batchSize, validationSteps),
                ValidationSteps = validationSteps,
                ValidationFreq = validationFreq,
                ClassWeight = classWeight,
            },
            cancellationToken);
    }

    /// <summary>Trains on a dataset, which is in batches already and has its own order.</summary>
    /// <param name="x">Batches with targets. Pass n is read in epoch n.</param>
    /// <param name="epochs">The number of the last epoch, 1 or more.</param>
    /// <param name="verbose">What is printed.</param>
    /// <param name="callbacks">What is called on the way, in this order.</param>
    /// <param name="validationData">What is evaluated after epochs.</param>
    /// <param name="classWeight">A factor on the loss of each class 0, 1, ...; null for 1. Validation ignores it.</param>
    /// <param name="initialEpoch">The first epoch, from 0: where an earlier training goes on.</param>
    /// <param name="stepsPerEpoch">
    /// Steps of an epoch; null for the whole dataset. Otherwise epochs read on in one stream, which isn't repeated: it takes
    /// <see cref="Dataset.Repeat"/> to be long enough.
    /// </param>
    /// <param name="validationSteps">Steps of a validation; null for all.</param>
    /// <param name="validationBatchSize">Samples in a step of validation, where that is on arrays; null for 32.</param>
    /// <param name="validationFreq">After which epochs is validated.</param>
    /// <param name="cancellationToken">
    /// Ends the training after the step under way; with a <see cref="BackupAndRestore"/> the state is saved first.
    /// </param>
    /// <returns>The figures of each epoch.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the dataset is empty.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    /// <exception cref="TrainingDivergedException">The loss isn't finite, and no <see cref="TerminateOnNaN"/> is there.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    /// <exception cref="InvalidModelFileException">A checkpoint can't be used.</exception>
    public History Fit(
        Dataset x,
        int epochs = 1,
        Verbosity verbose = Verbosity.ProgressBar,
        IReadOnlyList<Callback>? callbacks = null,
        ValidationData? validationData = null,
        IReadOnlyDictionary<int, double>? classWeight = null,
        int initialEpoch = 0,
        int? stepsPerEpoch = null,
        int? validationSteps = null,
        int? validationBatchSize = null,
        ValidationFrequency validationFreq = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(validationBatchSize ?? 1, 1, nameof(validationBatchSize));
        BuildFor(x, cancellationToken);
        return Fit(
            new FitArguments(x, IsRepeated: false, Origin: $"a dataset of {(x.Cardinality is { } batches ? $"{batches} batches" : "unknown length")}")
            {
                Epochs = epochs,
                InitialEpoch = initialEpoch,
                StepsPerEpoch = stepsPerEpoch,
                Verbose = verbose,
                Callbacks = callbacks,
                ValidationData = validationData?.ToDataset(validationBatchSize, validationSteps),
                ValidationSteps = validationSteps,
                ValidationFreq = validationFreq,
                ClassWeight = classWeight,
            },
            cancellationToken);
    }

    private History Fit(FitArguments settings, CancellationToken cancellationToken)
    {
        settings.Validate();
        using var loop = new FitLoop(this, settings, cancellationToken);
        return loop.Run();
    }

    private static (NDArray X, NDArray Y, NDArray? SampleWeight, ValidationData Validation) SplitOff(NDArray x, NDArray y, NDArray? sampleWeight, double share)
    {
        // The product in this order, as Keras computes it: it decides where rounding falls (data_adapter.py, train_validation_split).
        int kept = (int)Math.Floor(x.Length * (1 - share));
        if (kept == 0 || kept == x.Length)
        {
            throw new ArgumentException($"{x.Length} samples can't be divided into a part for training and one for validation with validationSplit {share}; give more samples, or another share.", nameof(share));
        }

        int held = x.Length - kept;
        return (
            x.Rows(0, kept),
            y.Rows(0, kept),
            sampleWeight?.Rows(0, kept),
            ValidationData.From(x.Rows(kept, held), y.Rows(kept, held), sampleWeight?.Rows(kept, held)));
    }

    /// <summary>Takes the inputs' shape where the model has none yet, and compares it where it has one.</summary>
    private void Accept(NDArray x)
    {
        int[] sample = [.. x.Shape.Skip(1)];
        if (!IsBuilt)
        {
            BuildFrom(sample);
        }
        else if (!InputShape.SequenceEqual(sample))
        {
            throw new ArgumentException($"The model takes samples of shape ({string.Join(", ", InputShape)}), and x holds samples of shape ({string.Join(", ", sample)}).", nameof(x));
        }
    }

    /// <summary>Lets the first batch say what comes in, where no layer does.</summary>
    private void BuildFor(Dataset data, CancellationToken cancellationToken)
    {
        if (!IsBuilt && data.Read(0, 0, cancellationToken).FirstOrDefault() is { } batch)
        {
            Accept(batch.X);
        }
    }
}
