using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.FineTuning;

/// <summary>The head that a fine-tuning begins with: chosen and fitted as <c>train</c> does it, on the features of the frozen network.</summary>
/// <param name="Layer">What it works on.</param>
/// <param name="Head">The weights, for features as they are.</param>
/// <param name="Standardization">Measured on the training images' features.</param>
/// <param name="Probabilities">What it says of each validation image.</param>
internal sealed record FirstHead(FeatureLayer Layer, LinearHead Head, FeatureStandardization Standardization, IReadOnlyList<float[]> Probabilities)
{
    // Where training comes after it, and where it doesn't.
    private const double LargestShareWithTraining = 0.25;
    private const double LargestShareAlone = 0.6;

    /// <summary>What of the time that is left the choice of layer and regularisation may take.</summary>
    public static double ShareOfTime(FineTuningStage stage) => stage.Epochs > 0 ? LargestShareWithTraining : LargestShareAlone;

    /// <summary>Fits a head, or judges one that is there.</summary>
    /// <param name="context">Images and network.</param>
    /// <param name="stage">The first stage.</param>
    /// <param name="data">What the first stage sees.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="given">A head of an earlier training, on the network's only candidate; null to fit one.</param>
    /// <param name="reserve">Under a time budget, the seconds that must be left when the training ends.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static FirstHead Create(FineTuningContext context, FineTuningStage stage, StageData data, NetworkWeights weights, LinearHead? given, double reserve = 0)
    {
        if (context.Workspace.ReadHead() is { } saved)
        {
            return saved;
        }

        context.Report(FineTuningPhase.FittingHead, 0, 1);
        FineTuningNetwork network = context.Network;
        float[][] training;
        float[][] judged;
        int from = network.FirstTrained(stage.FreezeUntil);
        using (Sequential? body = from == network.FeaturesEnd ? null : network.Build(from, network.FeaturesEnd, stage.InputSize, context.Execution))
        {
            if (body is not null)
            {
                weights.LoadInto(body);
            }

            judged = Features(body, data.Validation, context.CancellationToken);
            training = Features(body, data.TrainingPlain, context.CancellationToken);
        }

        HeadRecipe recipe = given is null ? Choose(context, stage, training, reserve) : HeadSelection.Usual(network.Candidates);
        var slicer = new FeatureSlicer(network.Layer, recipe.Layer, part => part.Dimension(network.Architecture));
        training = [.. training.Select(features => slicer.Slice(features))];
        LinearHead head = given ?? recipe.Fit(new LabeledFeatures(training, context.Data.TrainingClasses), context.Data.Labels.Count, context.Options.Threads, context.CancellationToken);
        var first = new FirstHead(recipe.Layer, head, FeatureStandardization.Of(training), [.. judged.Select(features => head.Probabilities(slicer.Slice(features)))]);
        context.Workspace.WriteHead(first);
        context.Report(FineTuningPhase.FittingHead, 1, 1);
        return first;
    }

    /// <summary>The head as weights of the network's last layers.</summary>
    /// <param name="network">The network, with the head's layer.</param>
    public IEnumerable<KeyValuePair<string, NDArray>> ToWeights(FineTuningNetwork network)
    {
        LinearHead head = Head;
        if (network.StandardizesFeatures)
        {
            head = Standardization.Unfold(Head);
            yield return KeyValuePair.Create(FineTuningNetwork.FeatureMeans, NDArray.From(Standardization.Means));
            yield return KeyValuePair.Create(FineTuningNetwork.FeatureScales, NDArray.From(Standardization.Scales));
        }

        float[] kernel = new float[head.Weights.Length];
        for (int label = 0; label < head.Classes; label++)
        {
            for (int i = 0; i < head.Dimension; i++)
            {
                kernel[(i * head.Classes) + label] = head.Weights[(label * head.Dimension) + i];
            }
        }

        yield return KeyValuePair.Create($"{FineTuningNetwork.Predictions}/kernel", NDArray.From(kernel, head.Dimension, head.Classes));
        yield return KeyValuePair.Create($"{FineTuningNetwork.Predictions}/bias", NDArray.From(head.Biases));
    }

    /// <summary>The head's recipe, by cross-validation on the training images.</summary>
    private static HeadRecipe Choose(FineTuningContext context, FineTuningStage stage, float[][] training, double reserve)
    {
        FineTuningNetwork network = context.Network;
        if (!HeadSelection.CanChoose(context.Data.TrainingClasses))
        {
            return HeadSelection.Usual(network.Candidates);
        }

        // The fit of the head chosen comes after it.
        TimeSpan? end = context.Clock is { } clock
            ? clock.Used + ((clock.Left - TimeSpan.FromSeconds(reserve)) * ShareOfTime(stage))
            : null;
        var selection = new HeadSelection(context.Data.Labels, context.Options.Seed, context.Options.Threads ?? Environment.ProcessorCount);
        return selection.Run(
            HeadSelection.Candidates(network.Candidates, network.Layer, layer => layer.Dimension(network.Architecture), i => training[i]),
            context.Data.TrainingClasses,
            l2Regularization: null,
            (done, total) => context.Report(FineTuningPhase.FittingHead, done, total + 1),
            context.CancellationToken,
            () => context.Clock?.Used > end)[0].Recipe;
    }

    private static float[][] Features(Sequential? body, Dataset data, CancellationToken cancellationToken)
    {
        var features = new List<float[]>();
        foreach (Batch batch in data.Prefetch().Read(0, 0, cancellationToken))
        {
            NDArray outputs = body is null ? batch.X : body.Network.Predict(batch.X);
            features.AddRange(outputs.ToSingles().Chunk(outputs.RowLength));
        }

        return [.. features];
    }
}
