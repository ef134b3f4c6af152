using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.FineTuning;

/// <summary>What a picture takes on this machine, in seconds, as a measured batch has it.</summary>
/// <param name="InputSize">The batch's input size.</param>
/// <param name="Frozen">Preparing a picture, and the layers that stay as they are.</param>
/// <param name="Forward">The other layers' outputs.</param>
/// <param name="Step">A training step of the other layers.</param>
internal sealed record BatchTime(int InputSize, double Frozen, double Forward, double Step)
{
    // So that measuring takes a few seconds of some minutes, and less than one of half a minute.
    private const double BudgetSecondsPerPicture = 2;
    private const int FewestPictures = 4;

    /// <summary>Measures a training batch.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="stage">What is trained.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="clock">Shows the time; of a shorter budget, the batch is smaller.</param>
    public static BatchTime Measure(FineTuningContext context, FineTuningStage stage, NetworkWeights weights, WorkClock clock)
    {
        (FineTuningNetwork network, int size) = (context.Network, stage.InputSize);
        double affordable = Math.Clamp(clock.Budget.TotalSeconds / BudgetSecondsPerPicture, FewestPictures, Math.Max(FewestPictures, context.Options.BatchSize));
        int count = Math.Min(StageData.FrozenBatch(size), (int)affordable);
        string note = $"measuring, {size} pixels";
        Dataset pictures = context.Data.Training(context.Options.Augmentation, size, count, 0);
        int first = network.FirstTrained(stage.FreezeUntil);
        using Sequential? frozen = first > 0 ? network.Build(0, first, size, context.Execution) : null;
        using Sequential trained = StageTraining.Build(context, stage, 0);
        StageTraining.Compile(trained, context, updates: 100);
        weights.LoadInto(trained);
        if (frozen is not null)
        {
            weights.LoadInto(frozen);
        }

        // The first time pays for the start; and where others compute, too, one of two may have had to wait for them.
        _ = Run();
        (BatchTime one, BatchTime other) = (Run(), Run());
        return new BatchTime(size, Math.Min(one.Frozen, other.Frozen), Math.Min(one.Forward, other.Forward), Math.Min(one.Step, other.Step));

        BatchTime Run()
        {
            TimeSpan begin = clock.Used;
            context.Report(FineTuningPhase.ComputingFrozenLayers, 0, count, note);
            Batch batch = NormalizedPixels.Of(pictures.Read(0, 0, context.CancellationToken).First(), network.Preprocessing);
            batch = frozen is null ? batch : batch with { X = frozen.Network.Predict(batch.X) };
            context.Report(FineTuningPhase.ComputingFrozenLayers, count, count, note);
            TimeSpan frozenEnd = clock.Used;
            _ = trained.Network.Predict(batch.X);
            TimeSpan forwardEnd = clock.Used;
            trained.CompiledNetwork.Train(batch, null);
            return new BatchTime(
                size, (frozenEnd - begin).TotalSeconds / batch.Count, (forwardEnd - frozenEnd).TotalSeconds / batch.Count, (clock.Used - forwardEnd).TotalSeconds / batch.Count);
        }
    }

    /// <summary>The same where no layer is trained.</summary>
    public BatchTime AllFrozen() => this with { Frozen = Frozen + Forward, Forward = 0, Step = 0 };

    /// <summary>What a picture would take at another input size.</summary>
    public BatchTime At(int inputSize) => Slower((double)inputSize * inputSize / ((double)InputSize * InputSize)) with { InputSize = inputSize };

    /// <summary>The same on a machine so many times slower.</summary>
    public BatchTime Slower(double factor) => this with { Frozen = factor * Frozen, Forward = factor * Forward, Step = factor * Step };
}
