using System.Diagnostics;
using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.FineTuning;

/// <summary>
/// Makes a fine-tuning fit a time budget: first fewer epochs, then fewer trained blocks, then smaller inputs. What this machine
/// does in a second is measured on a few batches of the plan as it was wished; other plans follow by their multiplications.
/// </summary>
internal sealed class TimePlan
{
    // Estimates are off by so much when a machine does other things, too.
    private const double Confidence = 0.85;

    // With fewer, a falling rate has no time to fall; fewer blocks or smaller inputs lose less.
    private const int FewestEpochs = 4;

    // Backward takes twice what forward does.
    private const double TrainingOverForward = 3;
    private const int MeasuredSteps = 2;
    private static readonly int[] s_sizes = [288, 224, 192, 160, 128, 96, 64, 32];

    private readonly FineTuningContext _context;
    private readonly TimeSpan _budget;
    private double _frozenSecondsPerMultiply;
    private double _trainedSecondsPerMultiply;
    private double _preparingSecondsPerPixel;

    private TimePlan(FineTuningContext context, TimeSpan budget)
    {
        _context = context;
        _budget = budget;
    }

    /// <summary>The plan, as wished where it fits, and otherwise one that does.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="wished">The stages without a budget.</param>
    /// <param name="budget">The time for all.</param>
    /// <param name="clock">Says how much of it is used.</param>
    public static WorkspacePlan Create(FineTuningContext context, NetworkWeights weights, IReadOnlyList<FineTuningStage> wished, TimeSpan budget, WorkClock clock)
    {
        var plan = new TimePlan(context, budget);
        plan.Measure(wished[^1], weights);
        return plan.Fit(wished, budget - clock.Used);
    }

    /// <summary>The time that judging the result takes, to be left when training ends.</summary>
    /// <param name="context">Images, network.</param>
    /// <param name="epoch">The time of one validation.</param>
    public static TimeSpan Reserve(FineTuningContext context, TimeSpan epoch) => (2 * epoch) + TimeSpan.FromSeconds(1) + TimeSpan.FromMilliseconds(context.Data.ValidationClasses.Count);

    private WorkspacePlan Fit(IReadOnlyList<FineTuningStage> wished, TimeSpan left)
    {
        double available = left.TotalSeconds * Confidence;
        if (wished.Sum(stage => FrozenSeconds(stage) + (stage.Epochs * EpochSeconds(stage))) <= available)
        {
            return new WorkspacePlan(wished, []);
        }

        FineTuningStage last = wished[^1];
        int epochs = wished.Sum(stage => stage.Epochs);
        FineTuningStage? chosen = null;
        foreach (FineTuningStage candidate in Candidates(last))
        {
            int possible = (int)Math.Clamp((available - FrozenSeconds(candidate)) / EpochSeconds(candidate), 0, epochs);
            chosen = candidate with { Epochs = Math.Max(1, possible) };
            if (possible >= Math.Min(FewestEpochs, epochs))
            {
                break;
            }
        }

        string before = string.Join(", then ", wished.Select(FineTuningPlan.Describe));
        return new WorkspacePlan([chosen!], [string.Create(
            CultureInfo.InvariantCulture,
            $"The time budget of {_budget:c} allows {chosen!.Epochs} epoch{(chosen.Epochs == 1 ? "" : "s")} of {FineTuningPlan.Describe(chosen)}, where {epochs} of {before} were wished.")]);
    }

    /// <summary>The wish in one stage, then with fewer blocks, then smaller, always from the most to the least.</summary>
    private IEnumerable<FineTuningStage> Candidates(FineTuningStage wish)
    {
        int[] sizes = _context.Network.KeepsDensePart || _context.Options.Head == FineTuningHead.Dense ? [wish.InputSize] : [wish.InputSize, .. s_sizes.Where(size => size < wish.InputSize)];
        foreach (int size in sizes)
        {
            yield return wish with { InputSize = size };
            for (int block = FineTuningPlan.BlockOf(wish.FreezeUntil) + 1; block <= 5; block++)
            {
                yield return wish with { FreezeUntil = _context.Network.Architecture.Layers.First(layer => layer.Block == block).Name, InputSize = size };
            }

            if (wish.FreezeUntil != FineTuningNetwork.HeadOnly)
            {
                yield return wish with { FreezeUntil = FineTuningNetwork.HeadOnly, InputSize = size };
            }
        }
    }

    private double FrozenSeconds(FineTuningStage stage)
    {
        int pictures = 2 * _context.Data.ValidationClasses.Count;
        if (_context.CachesTraining)
        {
            pictures += _context.Data.TrainingClasses.Count * (_context.Options.Augmentation.HorizontalFlip ? 2 : 1);
        }

        return pictures * FrozenSecondsOfPicture(stage);
    }

    private double EpochSeconds(FineTuningStage stage)
    {
        (int trained, int judged) = (_context.Data.TrainingClasses.Count, _context.Data.ValidationClasses.Count);
        double step = Multiplies(stage).Trained * _trainedSecondsPerMultiply;
        double computed = _context.CachesTraining ? 0 : FrozenSecondsOfPicture(stage);
        return (trained * (step + computed)) + (judged * step / TrainingOverForward);
    }

    private double FrozenSecondsOfPicture(FineTuningStage stage) =>
        (Multiplies(stage).Frozen * _frozenSecondsPerMultiply) + (stage.InputSize * stage.InputSize * _preparingSecondsPerPixel);

    /// <summary>Multiplications for one picture; those of trained layers with their gradients.</summary>
    private (double Frozen, double Trained) Multiplies(FineTuningStage stage)
    {
        int firstBlockTrained = FineTuningPlan.BlockOf(stage.FreezeUntil);
        bool reached = stage.FreezeUntil == FineTuningNetwork.NoneFrozen;
        double frozen = 0;

        // The head, whose multiplications hardly count, still takes its time.
        double trained = _context.Network.Architecture.BlockWidth(5) * 1000.0;
        foreach (VggLayer layer in (_context.Network.Architecture with { InputSize = stage.InputSize }).Layers)
        {
            reached |= layer.Name == stage.FreezeUntil || (firstBlockTrained == 6 && layer.Kind is VggLayerKind.Flatten);
            if (reached)
            {
                trained += layer.MultiplyAdds;
            }
            else
            {
                frozen += layer.MultiplyAdds;
            }
        }

        return (frozen, trained * TrainingOverForward);
    }

    private void Measure(FineTuningStage stage, NetworkWeights weights)
    {
        FineTuningNetwork network = _context.Network;
        int first = network.FirstTrained(stage.FreezeUntil);
        (double frozenMultiplies, double trainedMultiplies) = Multiplies(stage);
        int size = stage.InputSize;
        Batch[] pictures = [.. Timed(
            () => _context.Data.Training(_context.Options.Augmentation, size, Math.Min(StageData.FrozenBatch(size), _context.Options.BatchSize), 0)
                .Read(0, 0, _context.CancellationToken).Take(1 + MeasuredSteps).ToArray(), out double reading)];
        int count = pictures.Sum(batch => batch.Count);
        _preparingSecondsPerPixel = reading / ((double)count * size * size);
        Batch[] inputs = [.. pictures.Select(batch => NormalizedPixels.Of(batch, network.Preprocessing))];
        if (first > 0)
        {
            using Sequential frozen = network.Build(0, first, size, _context.Execution);
            weights.LoadInto(frozen);
            inputs[0] = inputs[0] with { X = frozen.Network.Predict(inputs[0].X) };
            double seconds = 0;
            int timed = 0;
            for (int i = 1; i < inputs.Length; i++)
            {
                inputs[i] = inputs[i] with { X = Timed(() => frozen.Network.Predict(inputs[i].X), out double taken) };
                seconds += taken;
                timed += inputs[i].Count;
            }

            _frozenSecondsPerMultiply = timed == 0 ? 0 : seconds / (timed * frozenMultiplies);
        }

        using Sequential trained = StageTraining.Build(_context, stage, 0);
        StageTraining.Compile(trained, _context, 100);
        weights.LoadInto(trained);
        trained.CompiledNetwork.Train(inputs[0], null);
        double total = 0;
        int samples = 0;
        foreach (Batch batch in inputs.Skip(1))
        {
            Timed(() => trained.CompiledNetwork.Train(batch, null), out double taken);
            total += taken;
            samples += batch.Count;
        }

        _trainedSecondsPerMultiply = samples == 0 ? 0 : total / (samples * trainedMultiplies);
        if (first == 0)
        {
            _frozenSecondsPerMultiply = _trainedSecondsPerMultiply;
        }
    }

    private static T Timed<T>(Func<T> work, out double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return result;
    }
}
