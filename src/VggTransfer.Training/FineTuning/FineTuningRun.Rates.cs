using VggTransfer.Datasets;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.FineTuning;

/// <summary>Looking for a learning rate instead of training.</summary>
internal sealed partial class FineTuningRun
{
    /// <inheritdoc cref="ImageClassifierFineTuner.FindLearningRate"/>
    public static LearningRateCurve FindLearningRate(
        ImageFolder images, FineTuningOptions options, LearningRateFinderOptions finder, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        FineTuningOptions search = options with { WorkspacePath = null, TimeBudget = null };
        search.Validate();
        using WarmStart start = WarmStart.Open(search);
        return new FineTuningRun(images, search, progress, cancellationToken).FindLearningRate(start, finder);
    }

    private LearningRateCurve FindLearningRate(WarmStart start, LearningRateFinderOptions finder)
    {
        using var workspace = FineTuningWorkspace.Open(null);
        FineTuningContext context = Prepare(start, workspace, clock: null);

        // The last stage trains the most, at the final size.
        FineTuningStage stage = FineTuningPlan.Create(_options, start.Backbone.Architecture, context.Network.Architecture.InputSize)[^1];
        NetworkWeights weights = NetworkWeights.Of(start.Backbone, context.Network.Architecture);
        using StageData data = StageData.Create(context, stage, StageTraining.Seed(_options.Seed, 1), weights);
        if (context.Network.HasFirstFeatures)
        {
            FirstHead head = FirstHead.Create(context, stage, data, weights, start.Head(context.Network, context.Data.Labels));
            context = context with { Network = context.Network.With(head.Layer) };
            weights = weights.With(head.ToWeights(context.Network));
        }

        using Sequential model = StageTraining.Build(context, stage, 1);
        StageTraining.Compile(model, context, finder.Steps);
        weights.LoadInto(model);
        int steps = 0;
        Dataset told = data.Training.Map(batch =>
        {
            context.Report(FineTuningPhase.Training, Math.Min(steps++ / _options.AccumulationSteps, finder.Steps), finder.Steps);
            return batch;
        });
        return LearningRateFinder.Find(model, told, finder, _cancellationToken);
    }
}
