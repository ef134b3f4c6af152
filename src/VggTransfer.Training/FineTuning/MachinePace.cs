using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.FineTuning;

/// <summary>What work takes on this machine.</summary>
/// <param name="FrozenSecondsPerMultiply">A multiplication forward.</param>
/// <param name="TrainedSecondsPerMultiply">A multiplication of a training step.</param>
/// <param name="PreparingSecondsPerPixel">A pixel of an input, before it goes into the network.</param>
/// <param name="Contention">How many times as long as on an idle machine work takes, since others compute, too; 1 for none.</param>
internal sealed record MachinePace(double FrozenSecondsPerMultiply, double TrainedSecondsPerMultiply, double PreparingSecondsPerPixel, double Contention = 1)
{
    private const int MeasuredSteps = 2;

    // So that measuring takes a few seconds of some minutes, and less than one of half a minute.
    private const double BudgetSecondsPerPicture = 15;
    private const int FewestPictures = 4;

    // Alone on a machine, threads wait for each other that much of their time.
    private const double UsualWaiting = 1.3;

    /// <summary>The same, as many times slower.</summary>
    public MachinePace Slower(double factor) =>
        new(factor * FrozenSecondsPerMultiply, factor * TrainedSecondsPerMultiply, factor * PreparingSecondsPerPixel, factor * Contention);

    /// <summary>Measures a few steps of a stage.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="stage">The stage as it was wished.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="clock">Shows the time; of a shorter budget, less is spent on measuring.</param>
    public static MachinePace Measure(FineTuningContext context, FineTuningStage stage, NetworkWeights weights, WorkClock clock)
    {
        (TimeSpan begin, TimeSpan processor) = (clock.Used, context.Options.ProcessorTime());
        FineTuningNetwork network = context.Network;
        int first = network.FirstTrained(stage.FreezeUntil);
        (double frozenMultiplies, double trainedMultiplies) = TimeEstimate.Multiplies(network, stage);
        int size = stage.InputSize;
        int affordable = (int)Math.Clamp(clock.Budget.TotalSeconds / BudgetSecondsPerPicture, FewestPictures, context.Options.BatchSize);
        Batch[] pictures = [.. Timed(
            () => context.Data.Training(context.Options.Augmentation, size, Math.Min(StageData.FrozenBatch(size), affordable), 0)
                .Read(0, 0, context.CancellationToken).Take(1 + MeasuredSteps).ToArray(), out double preparing)];
        preparing /= (double)pictures.Sum(batch => batch.Count) * size * size;
        Batch[] inputs = [.. pictures.Select(batch => NormalizedPixels.Of(batch, network.Preprocessing))];

        // The first step of each kind pays for the start.
        Batch[] measured = inputs.Length == 1 ? [.. inputs] : inputs[1..];
        int count = measured.Sum(batch => batch.Count);
        double forward = 0;
        if (first > 0)
        {
            using Sequential frozen = network.Build(0, first, size, context.Execution);
            weights.LoadInto(frozen);
            inputs[0] = inputs[0] with { X = frozen.Network.Predict(inputs[0].X) };
            for (int i = 0; i < measured.Length; i++)
            {
                measured[i] = measured[i] with { X = Timed(() => frozen.Network.Predict(measured[i].X), out double taken) };
                forward += taken / (count * frozenMultiplies);
            }
        }

        using Sequential trained = StageTraining.Build(context, stage, 0);
        StageTraining.Compile(trained, context, 100);
        weights.LoadInto(trained);
        trained.CompiledNetwork.Train(inputs[0], null);
        double training = 0;
        foreach (Batch batch in measured)
        {
            Timed(() => trained.CompiledNetwork.Train(batch, null), out double taken);
            training += taken / (count * trainedMultiplies);
        }

        double computed = (context.Options.ProcessorTime() - processor).TotalSeconds;
        int threads = Math.Min(context.Options.Threads ?? Environment.ProcessorCount, Environment.ProcessorCount);
        double contention = (clock.Used - begin).TotalSeconds * threads / (UsualWaiting * Math.Max(computed, 1e-3));
        return new MachinePace(first > 0 ? forward : training, training, preparing, Math.Max(1, contention));

        T Timed<T>(Func<T> work, out double seconds)
        {
            TimeSpan before = clock.Used;
            T result = work();
            seconds = (clock.Used - before).TotalSeconds;
            return result;
        }
    }
}
