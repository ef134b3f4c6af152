using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>A fine-tuning from the images to the result: plan, frozen outputs, first head, stages, judgement.</summary>
internal sealed partial class FineTuningRun
{
    private readonly ImageFolder _images;
    private readonly FineTuningOptions _options;
    private readonly IProgress<FineTuningProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly List<string> _warnings = [];

    private FineTuningRun(ImageFolder images, FineTuningOptions options, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        _images = images;
        _options = options;
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <inheritdoc cref="ImageClassifierFineTuner.Train(ImageFolder, FineTuningOptions?, IProgress{FineTuningProgress}?, CancellationToken)"/>
    public static FineTunedImageClassifier Train(ImageFolder images, FineTuningOptions options, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        WarmStart start = WarmStart.Open(options);
        try
        {
            return new FineTuningRun(images, options, progress, cancellationToken).Train(start);
        }
        catch
        {
            start.Dispose();
            throw;
        }
    }

    private FineTunedImageClassifier Train(WarmStart start)
    {
        using var workspace = FineTuningWorkspace.Open(_options.WorkspacePath);
        FineTuningContext context = Prepare(start, workspace, _options.TimeBudget is { } budget ? new WorkClock(workspace, budget, _options.Time) : null);
        NetworkWeights pretrained = NetworkWeights.Of(start.Backbone, context.Network.Architecture);
        WorkspacePlan plan = Plan(start, context, pretrained);
        TimePlan? times = Times(context, plan);
        NetworkWeights weights = pretrained;
        ClassificationMetrics? frozen = null;
        List<Logs> epochs = [];
        int bestEpoch = 0;
        StageData? data = null;
        try
        {
            for (int i = 0; i < plan.Stages.Count; i++)
            {
                FineTuningStage stage = plan.Stages[i];
                StageResult? result = workspace.ReadStage(i + 1);
                bool needsHead = i == 0 && context.Network.HasFirstFeatures;
                if (result is null || i == plan.Stages.Count - 1 || (needsHead && workspace.ReadHead() is null))
                {
                    data?.Dispose();
                    data = null;
                    TimeSpan? begin = context.Clock?.Used;
                    data = StageData.Create(context, stage, StageTraining.Seed(_options.Seed, i + 1), weights);

                    // All pictures tell better than a batch how slow this machine is.
                    times = times?.Slower(Math.Max(1, (context.Clock!.Used - begin!.Value).TotalSeconds / times.Frozen(stage)));
                }

                if (needsHead)
                {
                    FirstHead head = FirstHead.Create(context, stage, data!, weights, start.Head(context.Network, context.Data.Labels), times?.Reserve(plan.Stages, i) ?? 0);
                    context = context with { Network = context.Network.With(head.Layer) };
                    weights = weights.With(head.ToWeights(context.Network));
                    frozen = ClassificationMetrics.Compute(context.Data.Labels, context.Data.ValidationClasses, head.Probabilities);
                    context.Tell(FineTuningPhase.FittingHead, Describe(context.Network, frozen));
                }

                if (result is null)
                {
                    if (times is not null && !plan.AreEpochsFitted)
                    {
                        WorkspacePlan fitted = times.FitEpochs(plan);
                        workspace.WritePlan(fitted);
                        context.Decide(fitted.Notes.Except(plan.Notes));
                        plan = fitted;
                        stage = plan.Stages[i];
                    }

                    result = new StageTraining(context, stage, i + 1)
                    {
                        Before = epochs,
                        AllEpochs = plan.Stages.Sum(other => other.Epochs),
                        Reserve = times?.Reserve(plan.Stages, i) ?? 0,
                    }.Run(data!, pretrained, weights);
                    workspace.WriteStage(i + 1, result);
                }

                weights = weights.With(result.Weights);
                bestEpoch = result.BestEpoch > 0 ? epochs.Count + result.BestEpoch : bestEpoch;
                epochs = [.. epochs, .. result.Epochs];
                if (i < plan.Stages.Count - 1 && !plan.Stages.Skip(i + 1).Any(other => workspace.FrozenOutputs(other) == workspace.FrozenOutputs(stage)))
                {
                    // Its place on the disk is the next stage's.
                    data?.Dispose();
                    data = null;
                    File.Delete(workspace.FrozenOutputs(stage));
                }
            }

            return Judge(start, context, plan.Stages, times, data!, weights, frozen, epochs, bestEpoch);
        }
        finally
        {
            data?.Dispose();
        }
    }

    private FineTuningContext Prepare(WarmStart start, FineTuningWorkspace workspace, WorkClock? clock)
    {
        TrainingPartition.CheckClasses(_images.Path, _images.Classes);
        IReadOnlyList<int> sizes = FineTuningPlan.InputSizes(_options, start.Backbone.Architecture, [.. _images.Images.Select(image => image.Path)], start.InputSize);

        // Wrong names are told before anything takes time.
        _ = FineTuningPlan.Create(_options, start.Backbone.Architecture, sizes[0]);
        InputSizeChoice? choice = workspace.ReadInputSize() is { } kept && sizes.Contains(kept.Size) ? kept : null;
        FineTuningContext context = At(choice?.Size ?? sizes[0], start, workspace);
        workspace.Identify(FineTuningIdentity.Of(_options, context.Execution.Precision, start.Backbone, context.Network, sizes, context.Data));
        clock?.Resume();
        context = context with { Clock = clock };
        if (choice is null)
        {
            choice = InputSizeComparison.Run(context, start.Backbone, _images, sizes);
            workspace.WriteInputSize(choice);
        }

        if (choice.Reason is { } reason)
        {
            context.Tell(FineTuningPhase.ComparingInputSizes, reason);
            _cancellationToken.ThrowIfCancellationRequested();
        }

        context = choice.Size == context.Network.Architecture.InputSize ? context : At(choice.Size, start, workspace);
        return context with { Clock = clock, InputSizeTrials = choice.Trials };
    }

    /// <summary>Images and network for an input size.</summary>
    private FineTuningContext At(int inputSize, WarmStart start, FineTuningWorkspace workspace)
    {
        var data = FineTuningData.Load(_images, _options, inputSize, _warnings, _progress, _cancellationToken);
        var network = new FineTuningNetwork(start.Backbone, _options, data.Labels.Count, inputSize, start.PooledLayer);
        var execution = new ExecutionOptions
        {
            Device = _options.Device,
            Precision = _options.Precision ?? (FastPrecision.HasBFloat16(_options.Device) ? Precision.BFloat16 : Precision.Float32),
            Threads = _options.Threads,
            Seed = _options.Seed,
        };
        return new FineTuningContext(_options, network, data, workspace, execution, _warnings, _progress, _cancellationToken);
    }

    /// <summary>What to do.</summary>
    /// <param name="start">The pretrained network.</param>
    /// <param name="context">Images, network, options.</param>
    /// <param name="weights">The network's weights.</param>
    private WorkspacePlan Plan(WarmStart start, FineTuningContext context, NetworkWeights weights)
    {
        if (context.Workspace.ReadPlan() is not { } plan)
        {
            IReadOnlyList<FineTuningStage> stages = FineTuningPlan.Create(_options, start.Backbone.Architecture, context.Network.Architecture.InputSize);
            plan = context.Clock is { } clock ? TimePlan.Fit(context, clock, weights, stages) : new WorkspacePlan(stages, []);
            context.Workspace.WritePlan(plan);
        }

        context.Decide(plan.Notes);
        return plan;
    }

    private static TimePlan? Times(FineTuningContext context, WorkspacePlan plan) =>
        context.Clock is { } clock && plan.Batch is { } batch ? new TimePlan(context, clock, batch) : null;

    private static string Describe(FineTuningNetwork network, ClassificationMetrics frozen)
    {
        string chosen = network.Candidates.Count > 1 ? $", the best of {network.Candidates.Count} layer sets in cross-validation" : "";
        return FormattableString.Invariant($"The first head, on {network.Layer.Describe()}{chosen}, classifies {100 * frozen.Accuracy:0.0} % of the validation images rightly.");
    }

    private static FineTunedImageClassifier Judge(
        WarmStart start,
        FineTuningContext context,
        IReadOnlyList<FineTuningStage> stages,
        TimePlan? times,
        StageData data,
        NetworkWeights weights,
        ClassificationMetrics? frozen,
        List<Logs> epochs,
        int bestEpoch)
    {
        using Sequential model = StageTraining.Build(context, stages[^1], stages.Count);
        weights.LoadInto(model);
        int judged = context.Data.ValidationClasses.Count;
        float[][] plain = Probabilities(model, data.Validation, context, 0, 2 * judged);
        float[][] mirrored = Probabilities(model, data.ValidationMirrored, context, judged, 2 * judged);
        double temperature = FinalCalibration.Temperature(plain, context.Data.ValidationClasses);
        ClassificationMetrics before = ClassificationMetrics.Compute(context.Data.Labels, context.Data.ValidationClasses, plain);
        (plain, mirrored) = (FinalCalibration.AtTemperature(plain, temperature), FinalCalibration.AtTemperature(mirrored, temperature));
        ClassificationMetrics after = ClassificationMetrics.Compute(context.Data.Labels, context.Data.ValidationClasses, plain);
        float[][] both = [.. plain.Zip(mirrored, (one, other) => one.Zip(other, (a, b) => (a + b) / 2).ToArray())];
        return FineTunedImageClassifier.Create(start, context, stages, weights, new FineTuningOutcome(
            after,
            ClassificationMetrics.Compute(context.Data.Labels, context.Data.ValidationClasses, both),
            frozen,
            epochs,
            bestEpoch,
            FinalCalibration.Summarize(temperature, before, after),
            model.Device), context.Clock?.Left - TimeSpan.FromSeconds(times?.Saving(stages[^1]) ?? 0));
    }

    private static float[][] Probabilities(Sequential model, Dataset data, FineTuningContext context, int done, int total)
    {
        var probabilities = new List<float[]>();
        foreach (Batch batch in data.Prefetch().Read(0, 0, context.CancellationToken))
        {
            foreach (float[] row in model.Network.Predict(batch.X).ToSingles().Chunk(context.Network.Classes))
            {
                LinearHead.ToProbabilities(row);
                probabilities.Add(row);
            }

            context.Report(FineTuningPhase.Evaluating, done + probabilities.Count, total);
        }

        return [.. probabilities];
    }
}

/// <summary>What a fine-tuning came to.</summary>
internal sealed record FineTuningOutcome(
    ClassificationMetrics Validation, ClassificationMetrics ValidationMirrored, ClassificationMetrics? Frozen, IReadOnlyList<Logs> Epochs, int BestEpoch, CalibrationSummary Calibration, string Device);
