using System.Globalization;

namespace VggTransfer.FineTuning;

/// <summary>
/// Makes a fine-tuning fit a time budget: first fewer epochs, then fewer trained blocks, then an input a little smaller, then the
/// first head without any training, then ever smaller inputs. The time for all that isn't training counts, too, before and after it.
/// </summary>
/// <param name="context">Images, network, options.</param>
/// <param name="pace">What this machine does.</param>
/// <param name="budget">The time for all, to speak of it.</param>
internal sealed class TimePlan(FineTuningContext context, MachinePace pace, TimeSpan budget)
{
    // Estimates are off by so much when a machine does other things, too.
    private const double Confidence = 0.85;

    // With fewer, a falling rate has no time to fall; fewer blocks or a little smaller inputs lose less.
    private const int FewestEpochs = 4;

    // Below this share of the wished side, training gives back less than the smaller input costs.
    private const double SmallestShareWorthTraining = 0.7;

    private static readonly int[] s_sizes = [288, 224, 192, 160, 128, 96, 64, 32];

    private readonly TimeEstimate _estimate = new(context, pace);

    /// <summary>The same on a machine that turned out slower.</summary>
    public TimePlan Slower(double factor) => new(context, pace.Slower(factor), budget);

    /// <summary>The stages as wished where they fit, and otherwise one that does.</summary>
    /// <param name="wished">The stages without a budget.</param>
    /// <param name="left">What is left of the budget.</param>
    public WorkspacePlan Fit(IReadOnlyList<FineTuningStage> wished, TimeSpan left)
    {
        double available = Available(left);
        if (wished.Sum(stage => _estimate.Starting + _estimate.Frozen(stage) + (stage.Epochs * _estimate.Epoch(stage)) + _estimate.Judging(stage)) + _estimate.FirstHead(wished[0]) + Afterwards(wished[^1]) <= available)
        {
            return Planned(wished, []);
        }

        int epochs = wished.Sum(stage => stage.Epochs);
        string before = string.Join(", then ", wished.Select(FineTuningPlan.Describe));
        (FineTuningStage chosen, bool isEnough) = Choose(wished[^1] with { Epochs = epochs }, available);
        return Planned([chosen], [isEnough
            ? Sentence($"The time budget of {budget:c} allows {Describe(chosen)}, where {Epochs(epochs)} of {before} were wished.")
            : Sentence($"The time budget of {budget:c} isn't enough here: {Describe(chosen)}, takes about {Math.Ceiling(WithoutEpochs(chosen) / Confidence):0} s more.")]);
    }

    /// <summary>A plan in place of one that turned out too slow.</summary>
    /// <param name="stage">What was begun.</param>
    /// <param name="left">What is left of the budget.</param>
    public WorkspacePlan Replace(FineTuningStage stage, TimeSpan left)
    {
        FineTuningStage chosen = Choose(stage, Available(left)).Stage;
        return Planned([chosen], [Sentence($"That is too slow for the time budget of {budget:c}: {Describe(chosen)}, takes its place.")]);
    }

    /// <summary>The seconds of a stage, and of all after it, if nothing is trained; without what is computed before it.</summary>
    public double AfterFrozen(FineTuningStage stage) => WithoutEpochs(stage) - _estimate.Frozen(stage) - _estimate.Starting;

    /// <summary>The seconds of what a stage computes before anything else.</summary>
    public double Frozen(FineTuningStage stage) => _estimate.Frozen(stage);

    /// <summary>The seconds of the first head, and of what it works on.</summary>
    public double UntilTraining(FineTuningStage stage) => _estimate.Starting + _estimate.Frozen(stage) + _estimate.FirstHead(stage);

    /// <summary>The same stage with as many epochs as there is time for, now that it is about to begin.</summary>
    /// <param name="stage">The only stage.</param>
    /// <param name="left">What is left of the budget.</param>
    public WorkspacePlan Revise(FineTuningStage stage, TimeSpan left)
    {
        int possible = (int)Math.Clamp((Available(left) - _estimate.Judging(stage) - Afterwards(stage)) / _estimate.Epoch(stage), 0, stage.Epochs);
        FineTuningStage revised = stage with { Epochs = context.Network.HasFirstFeatures ? possible : Math.Max(1, possible) };
        return revised == stage ? Planned([stage], []) : Planned([revised], [Sentence(
            $"So far it went slower than measured, so the time budget of {budget:c} allows {Epochs(revised.Epochs)} instead of {stage.Epochs}.")]);
    }

    private WorkspacePlan Planned(IReadOnlyList<FineTuningStage> stages, IReadOnlyList<string> notes) => new(stages, notes)
    {
        // What later stages compute before their first epoch can't be left out.
        Reserves = [.. stages.Select((_, i) => (stages.Skip(i + 1).Sum(later => _estimate.Starting + _estimate.Frozen(later) + _estimate.Judging(later)) + Afterwards(stages[^1])) / Confidence)],
        Saving = _estimate.Saving(stages[^1]) / Confidence,
    };

    /// <summary>The most that fits, or the least there is.</summary>
    private (FineTuningStage Stage, bool IsEnough) Choose(FineTuningStage wish, double available)
    {
        FineTuningStage? last = null;
        foreach (FineTuningStage candidate in Candidates(wish))
        {
            double spare = available - WithoutEpochs(candidate);
            last = candidate with { Epochs = (int)Math.Clamp(spare / _estimate.Epoch(candidate), 0, candidate.Epochs) };
            if (spare >= 0 && last.Epochs >= Math.Min(FewestEpochs, candidate.Epochs))
            {
                return (last, true);
            }
        }

        // A head with random weights is none without an epoch.
        return (last! with { Epochs = context.Network.HasFirstFeatures ? 0 : 1 }, false);
    }

    private static double Available(TimeSpan left) => left.TotalSeconds * Confidence;

    private double WithoutEpochs(FineTuningStage stage) => _estimate.Starting + _estimate.Frozen(stage) + _estimate.FirstHead(stage) + _estimate.Judging(stage) + Afterwards(stage);

    private double Afterwards(FineTuningStage stage) => _estimate.Novelty(stage) + _estimate.Saving(stage);

    /// <summary>The wish in one stage, then others, always from the most to the least.</summary>
    private IEnumerable<FineTuningStage> Candidates(FineTuningStage wish)
    {
        FineTuningNetwork network = context.Network;
        int[] sizes = network.KeepsDensePart || context.Options.Head == FineTuningHead.Dense ? [wish.InputSize] : [wish.InputSize, .. s_sizes.Where(size => size < wish.InputSize)];
        IEnumerable<FineTuningStage> Trained(int size)
        {
            if (wish.Epochs == 0)
            {
                yield break;
            }

            yield return wish with { InputSize = size };
            for (int block = FineTuningPlan.BlockOf(wish.FreezeUntil) + 1; block <= 5; block++)
            {
                yield return wish with { FreezeUntil = network.Architecture.Layers.First(layer => layer.Block == block).Name, InputSize = size };
            }
        }

        FineTuningStage HeadAlone(int size) => new(FineTuningNetwork.HeadOnly, size, network.HasFirstFeatures ? 0 : wish.Epochs);

        int[] worthTraining = [.. sizes.Where(size => size >= SmallestShareWorthTraining * wish.InputSize)];
        return [.. worthTraining.SelectMany(Trained), .. worthTraining.Select(HeadAlone), .. sizes.Except(worthTraining).SelectMany(size => (FineTuningStage[])[.. Trained(size), HeadAlone(size)])];
    }

    private static string Describe(FineTuningStage stage) => stage.Epochs == 0
        ? $"the first head alone, input size {stage.InputSize}"
        : $"{Epochs(stage.Epochs)} of {FineTuningPlan.Describe(stage)}";

    private static string Epochs(int count) => $"{count.ToString(CultureInfo.InvariantCulture)} epoch{(count == 1 ? "" : "s")}";

    private static string Sentence(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
