using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>
/// Makes a fine-tuning fit a time budget, by what one batch takes: the input size before anything is computed, the epochs when only
/// they are left to do.
/// </summary>
/// <param name="context">Images, network, options.</param>
/// <param name="clock">Shows the time.</param>
/// <param name="batch">What a picture takes.</param>
internal sealed class TimePlan(FineTuningContext context, WorkClock clock, BatchTime batch)
{
    // Estimates are off by so much when a machine does other things, too.
    private const double Confidence = 0.85;

    // With fewer, a falling rate has no time to fall; a little smaller inputs lose less.
    private const int FewestEpochs = 4;

    // Below this share of the wished side, training gives back less than the smaller input costs.
    private const double SmallestShareWorthTraining = 0.7;

    // A saved classifier decodes anew, and computes in full precision, on every processor an image.
    private const double SavedOverBFloat16 = 2.5;
    private const double SavedOverFloat32 = 1.3;

    // Writing the file for ML.NET, and no more of the budget than this for a report, should one follow.
    private const double SavingSeconds = 3;
    private const double LargestReportShare = 0.15;

    // By 'compare --only head': 0.23 s for a head on 1,000 images, 2,048 features and 10 classes. Trying a layer set takes twice that
    // of each image, the last fit three times.
    private const double FitSecondsPerProduct = 1.1e-8;
    private const int LargestSample = 2000;

    private static readonly int[] s_sizes = [288, 224, 192, 160, 128, 96, 64, 32];

    /// <summary>The stages as wished where they fit, and otherwise one that does.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="clock">Shows the time.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="wished">The stages without a budget.</param>
    public static WorkspacePlan Fit(FineTuningContext context, WorkClock clock, NetworkWeights weights, IReadOnlyList<FineTuningStage> wished)
    {
        FineTuningStage wish = wished[^1] with { Epochs = wished.Sum(stage => stage.Epochs) };
        TimePlan times = Measured(wish.InputSize);
        if (times.Fits(wished))
        {
            return new WorkspacePlan(wished, []) { Batch = times.Batch };
        }

        (FineTuningStage chosen, bool isEnough) = times.Choose(wish);
        if (chosen.InputSize != wish.InputSize)
        {
            // Another size's time doesn't quite follow from the number of pixels.
            times = Measured(chosen.InputSize);
            (chosen, isEnough) = times.Choose(wish);
        }

        string what = isEnough
            ? $"allows {Describe(chosen)}, where {FineTuningPlan.Describe(wish)}, was asked for"
            : string.Create(CultureInfo.InvariantCulture, $"isn't enough here: {Describe(chosen)}, takes about {Math.Ceiling(times.Seconds([chosen]) / Confidence):0} s more");
        return new WorkspacePlan([chosen], chosen == wish ? [] : [times.Sentence(what)]) { Batch = times.Batch };

        TimePlan Measured(int size) => new(context, clock, BatchTime.Measure(context, wish with { InputSize = size }, weights, clock));
    }

    /// <summary>What a picture takes.</summary>
    public BatchTime Batch => batch;

    /// <summary>The same on a machine that turned out so many times slower.</summary>
    public TimePlan Slower(double factor) => new(context, clock, batch.Slower(factor));

    /// <summary>What a stage computes before anything else, in seconds.</summary>
    public double Frozen(FineTuningStage stage)
    {
        int pictures = 2 * Judged;
        if (context.CachesTraining)
        {
            pictures += Trained * (context.MirrorsTraining(stage) ? 2 : 1);
        }

        return pictures * Of(stage).Frozen;
    }

    /// <summary>The seconds that must be left when a stage's training ends, beside those of judging it.</summary>
    /// <param name="stages">All stages.</param>
    /// <param name="number">The stage's number, from 0.</param>
    public double Reserve(IReadOnlyList<FineTuningStage> stages, int number) =>
        (stages.Skip(number + 1).Sum(later => Frozen(later) + (later.Epochs * Epoch(later)) + Judging(later)) + Afterwards(stages[^1])) / Confidence;

    /// <summary>The seconds that must be left for saving and reporting.</summary>
    public double Saving(FineTuningStage stage) => SavingSeconds + Math.Min(Judged * SavedOf(stage), LargestReportShare * clock.Budget.TotalSeconds);

    /// <summary>The only stage with as many epochs as there is time for, now that it is about to begin.</summary>
    /// <param name="plan">What to do.</param>
    public WorkspacePlan FitEpochs(WorkspacePlan plan)
    {
        FineTuningStage stage = plan.Stages[0];
        plan = plan with { Batch = batch, AreEpochsFitted = true };
        if (plan.Stages.Count > 1 || stage.Epochs == 0)
        {
            return plan;
        }

        int least = context.Network.HasFirstFeatures ? 0 : 1;
        int epochs = (int)Math.Clamp((Available - Judging(stage) - Afterwards(stage)) / Epoch(stage), least, stage.Epochs);
        return epochs == stage.Epochs ? plan : plan with
        {
            Stages = [stage with { Epochs = epochs }],
            Notes = [.. plan.Notes, Sentence($"allows {Epochs(epochs)} instead of {stage.Epochs}")],
        };
    }

    private int Trained => context.Data.TrainingClasses.Count;

    private int Judged => context.Data.ValidationClasses.Count;

    private double Available => clock.Left.TotalSeconds * Confidence;

    private bool Fits(IReadOnlyList<FineTuningStage> stages) => Seconds(stages) <= Available;

    private double Seconds(IReadOnlyList<FineTuningStage> stages) =>
        stages.Sum(stage => Frozen(stage) + (stage.Epochs * Epoch(stage)) + Judging(stage)) + Head(stages[0]) + Afterwards(stages[^1]);

    /// <summary>What a picture takes in a stage.</summary>
    private BatchTime Of(FineTuningStage stage)
    {
        BatchTime time = batch.At(stage.InputSize);
        return stage.Epochs > 0 || !context.Network.HasFirstFeatures ? time : time.AllFrozen();
    }

    private double SavedOf(FineTuningStage stage) => Of(stage).AllFrozen().Frozen * (context.Execution.Precision == Precision.BFloat16 ? SavedOverBFloat16 : SavedOverFloat32);

    private double Judging(FineTuningStage stage) => 3 * Judged * Of(stage).Forward;

    /// <summary>An epoch with its validation.</summary>
    private double Epoch(FineTuningStage stage)
    {
        BatchTime time = Of(stage);
        return (Trained * (time.Step + (context.CachesTraining ? 0 : time.Frozen))) + (Judged * time.Forward);
    }

    /// <summary>The first head: features, its choice, its fit. The choice ends when its share of the time is over, but not before a set was tried.</summary>
    private double Head(FineTuningStage stage)
    {
        if (!context.Network.HasFirstFeatures)
        {
            return 0;
        }

        double[] dimensions = [.. context.Network.Candidates.Select(layer => (double)layer.Dimension(context.Network.Architecture))];
        double images = (2.0 * Math.Min(Trained, LargestSample)) + (3.0 * Trained);
        double Fit(double features) => images * features * context.Network.Classes * FitSecondsPerProduct;
        double features = (Trained + Judged) * Of(stage).Forward;
        return features + Math.Max(Fit(dimensions.Min()), Math.Min(Fit(dimensions.Sum()), FirstHead.ShareOfTime(stage) * Available));
    }

    /// <summary>Learning what the classes' pictures look like, from no more images than it takes, and saving.</summary>
    private double Afterwards(FineTuningStage stage) => Saving(stage) + (Judged < FinalCalibration.FewestForNovelty ? 0
        : (Math.Min(Judged, FinalCalibration.FewestInTime) + Math.Min(Trained, FinalCalibration.FewestInTime)) * SavedOf(stage));

    /// <summary>The first that fits with a few epochs, and otherwise the least there is.</summary>
    private (FineTuningStage Stage, bool IsEnough) Choose(FineTuningStage wish)
    {
        FineTuningStage[] candidates = [.. Candidates(wish)];
        FineTuningStage least = candidates[^1];

        // A head with random weights is none without an epoch.
        return candidates.FirstOrDefault(stage => Fits([stage with { Epochs = Math.Min(FewestEpochs, stage.Epochs) }])) is { } chosen
            ? (chosen, true)
            : (least with { Epochs = Math.Min(least.Epochs, 1) }, false);
    }

    /// <summary>The wish in one stage, then others, always from the most to the least.</summary>
    private IEnumerable<FineTuningStage> Candidates(FineTuningStage wish)
    {
        FineTuningNetwork network = context.Network;
        int[] sizes = network.KeepsDensePart || context.Options.Head == FineTuningHead.Dense ? [wish.InputSize] : [wish.InputSize, .. s_sizes.Where(size => size < wish.InputSize)];
        FineTuningStage Smaller(int size) => wish with { InputSize = size };
        FineTuningStage HeadAlone(int size) => new(FineTuningNetwork.HeadOnly, size, network.HasFirstFeatures ? 0 : wish.Epochs);
        int[] worthTraining = [.. sizes.Where(size => size >= SmallestShareWorthTraining * wish.InputSize)];
        return [.. worthTraining.Select(Smaller), .. worthTraining.Select(HeadAlone), .. sizes.Except(worthTraining).SelectMany(size => (FineTuningStage[])[Smaller(size), HeadAlone(size)])];
    }

    private static string Describe(FineTuningStage stage) => stage.Epochs == 0 ? $"the first head alone, input size {stage.InputSize}" : FineTuningPlan.Describe(stage);

    private static string Epochs(int count) => $"{count.ToString(CultureInfo.InvariantCulture)} epoch{(count == 1 ? "" : "s")}";

    private string Sentence(string what) => string.Create(CultureInfo.InvariantCulture, $"The time budget of {clock.Budget:c} {what}.");
}
