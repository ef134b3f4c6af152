using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>Trains the layers of one stage.</summary>
/// <param name="context">Images, network, options.</param>
/// <param name="stage">What is trained, at which size, for how long.</param>
/// <param name="number">The stage's number, from 1.</param>
internal sealed class StageTraining(FineTuningContext context, FineTuningStage stage, int number)
{
    // Checkpoints hold the trained weights four times over, and are written whole.
    private const int StepsBetweenCheckpoints = 100;

    /// <summary>The epochs of the stages before this one.</summary>
    public IReadOnlyList<Logs> Before { get; init; } = [];

    /// <summary>Epochs of all stages.</summary>
    public int AllEpochs { get; init; }

    /// <summary>Under a time budget, the seconds that must be left when the training ends, beside those of judging.</summary>
    public double Reserve { get; init; }

    /// <summary>The seed of a stage's order, changes and dropout.</summary>
    public static int Seed(int seed, int number) => unchecked((seed * 1000) + number);

    /// <summary>Trains, or goes on where a checkpoint was taken.</summary>
    /// <param name="data">What the trained layers see.</param>
    /// <param name="pretrained">The weights that a penalty draws to.</param>
    /// <param name="start">The weights that the stage begins with.</param>
    public StageResult Run(StageData data, NetworkWeights pretrained, NetworkWeights start)
    {
        FineTuningOptions options = context.Options;
        using Sequential model = Build(context, stage, number);
        int steps = data.Training.Cardinality!.Value;
        Compile(model, context, Updates(steps));
        model.Clock = options.Time;
        pretrained.LoadInto(model);

        // From here on the engine knows what the weights' starting points are.
        _ = model.CompiledNetwork;
        start.LoadInto(model);
        TimeSpan? evaluation = context.Clock?.Used;
        StageScore begin = Evaluate(model, data);

        // The result is evaluated, too, as it is and mirrored.
        TimeSpan? limit = context.Clock?.Left - TimeSpan.FromSeconds(Reserve) - (2 * (context.Clock?.Used - evaluation));
        if (stage.Epochs == 0 || limit <= TimeSpan.Zero)
        {
            if (stage.Epochs > 0)
            {
                context.Warnings.Add($"The time budget was over before a stage could begin ({FineTuningPlan.Describe(stage)}).");
            }

            return new StageResult(model.Network.Variables.ToDictionary(name => name, model.Network.GetVariable, StringComparer.Ordinal), 0, begin, begin, []);
        }

        var best = new BestWeights(begin, options.KeepBestEpoch);
        Deadline? deadline = limit is { } time ? new Deadline(time) : null;
        History history = model.Fit(
            data.Training,
            stage.Epochs,
            Verbosity.Silent,
            [.. Averaging(), NotedRate(model), best, .. EarlyStopping(), .. deadline is null ? Array.Empty<Callback>() : [deadline], ToldProgress(model, steps), .. Checkpoints()],
            data.Validation,
            options.BalanceClasses ? Balance() : null,
            cancellationToken: context.CancellationToken);
        if (deadline is { Stopped: true })
        {
            context.Warnings.Add($"The time budget ended the training after {history.Epochs.Count} of {stage.Epochs} epochs ({FineTuningPlan.Describe(stage)}).");
        }

        if (options.Averaging == WeightAveraging.Stochastic)
        {
            best.Judge(Evaluate(model, data), history.Epochs.Count);
        }

        return new StageResult(best.Weights, best.Epoch, begin, best.Score, [.. ToLogs(history)]);
    }

    /// <summary>The trained layers of a stage, with initial weights.</summary>
    public static Sequential Build(FineTuningContext context, FineTuningStage stage, int number)
    {
        FineTuningNetwork network = context.Network;
        ExecutionOptions execution = context.Execution with { Seed = Seed(context.Options.Seed, number) };
        Sequential model = network.Build(network.FirstTrained(stage.FreezeUntil), network.Count, stage.InputSize, execution);
        model.Warning = context.Warnings.Add;
        return model;
    }

    /// <summary>Says how a stage's layers are trained.</summary>
    /// <param name="model">The trained layers.</param>
    /// <param name="context">Rates, loss.</param>
    /// <param name="updates">Updates of the stage.</param>
    public static void Compile(Model model, FineTuningContext context, int updates) => model.Compile(
        StageOptimizer.Create(context.Options, context.Network, updates),
        new CategoricalCrossentropy(fromLogits: true, context.Options.LabelSmoothing),
        ["accuracy"]);

    private int Updates(int steps) => Math.Max(1, stage.Epochs * steps / context.Options.AccumulationSteps);

    private StageScore Evaluate(Sequential model, StageData data)
    {
        Logs logs = model.Evaluate(data.Validation, Verbosity.Silent, cancellationToken: context.CancellationToken);
        return new StageScore(logs["accuracy"], logs["loss"]);
    }

    private IEnumerable<Callback> Averaging() => context.Options.Averaging switch
    {
        // Before whatever keeps weights, so that it keeps the averages that were judged.
        WeightAveraging.Exponential => [new SwapEMAWeights(swapOnEpoch: true)],

        // The last quarter of the epochs, when the rate is low.
        WeightAveraging.Stochastic => [new StochasticWeightAveraging(stage.Epochs * 3 / 4)],
        _ => [],
    };

    private IEnumerable<Callback> EarlyStopping() =>
        context.Options.EarlyStopping is { } patience ? [new EarlyStopping("val_loss", patience: patience)] : [];

    private static LambdaCallback NotedRate(Sequential model) => new(onEpochEnd: (_, logs) => logs.SetSingle(StageResult.LearningRate, (float)model.Optimizer.LearningRate));

    private IEnumerable<Callback> Checkpoints() =>
        context.Workspace.IsTemporary ? [] : [new BackupAndRestore(context.Workspace.Checkpoint(number), StepsBetweenCheckpoints, deleteCheckpoint: false)];

    private LambdaCallback ToldProgress(Sequential model, int steps)
    {
        int epoch = 0;
        int Done(int step) => ((Before.Count + epoch) * steps) + step;
        string Note() => $"epoch {Before.Count + epoch + 1} of {AllEpochs}, {FineTuningPlan.Describe(stage)}";
        return new LambdaCallback(
            onEpochBegin: (now, _) => epoch = now,
            onBatchEnd: (step, _) => context.Report(FineTuningPhase.Training, Done(step + 1), AllEpochs * steps, Note()),
            onEpochEnd: (_, logs) => context.Report(
                FineTuningPhase.Training, Done(steps), AllEpochs * steps, Note(), [.. Before, .. ToLogs(model.History!).Take(epoch), logs.Copy()]));
    }

    /// <summary>Factors with which each class counts the same.</summary>
    private Dictionary<int, double> Balance()
    {
        int[] counts = [.. Enumerable.Range(0, context.Data.Labels.Count).Select(label => context.Data.TrainingClasses.Count(other => other == label))];
        return counts.Index().ToDictionary(pair => pair.Index, pair => (double)context.Data.TrainingClasses.Count / (counts.Length * pair.Item));
    }

    /// <summary>Counts from where this process began: the clock knows the time before.</summary>
    private sealed class Deadline(TimeSpan left) : TimeBudget(left)
    {
        protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>();

        protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
        {
        }
    }

    private static IEnumerable<Logs> ToLogs(History history) => Enumerable.Range(0, history.Epochs.Count).Select(
        epoch => StageResult.Figures(history.Select(pair => KeyValuePair.Create(pair.Key, pair.Value[epoch]))));
}
