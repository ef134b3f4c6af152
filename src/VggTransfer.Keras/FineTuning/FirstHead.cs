using Microsoft.ML;
using VggTransfer.Classification;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.FineTuning;

/// <summary>The head that a fine-tuning begins with: as <c>train</c> fits one, on the features of the frozen network.</summary>
/// <param name="Head">The weights.</param>
/// <param name="Probabilities">What it says of each validation image.</param>
internal sealed record FirstHead(LinearHead Head, IReadOnlyList<float[]> Probabilities)
{
    /// <summary>Fits a head, or judges one that is there.</summary>
    /// <param name="context">Images and network.</param>
    /// <param name="stage">The first stage.</param>
    /// <param name="data">What the first stage sees.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="given">A head of an earlier training; null to fit one.</param>
    public static FirstHead Create(FineTuningContext context, FineTuningStage stage, StageData data, NetworkWeights weights, LinearHead? given)
    {
        if (context.Workspace.ReadHead() is { } saved && saved.TryGetValue("weight", out NDArray? weight))
        {
            return new FirstHead(new LinearHead(weight.ToSingles(), saved["bias"].ToSingles()), [.. saved["probabilities"].ToSingles().Chunk(context.Data.Labels.Count)]);
        }

        context.Report(FineTuningPhase.FittingHead, 0, 1);
        FineTuningNetwork network = context.Network;
        LinearHead head;
        float[][] judged;
        int from = network.FirstTrained(stage.FreezeUntil);
        using (Sequential? body = from == network.FeaturesEnd ? null : network.Build(from, network.FeaturesEnd, stage.InputSize, context.Execution))
        {
            if (body is not null)
            {
                weights.LoadInto(body);
            }

            judged = Features(body, data.Validation, context.CancellationToken);
            head = given ?? new HeadTrainer(new MLContext(context.Options.Seed), context.Data.Labels)
                .Fit(Features(body, data.TrainingPlain, context.CancellationToken), context.Data.TrainingClasses, LayerSelection.DefaultL2, cancellationToken: context.CancellationToken).Weights;
        }

        var first = new FirstHead(head, [.. judged.Select(features => head.Probabilities(features))]);
        context.Workspace.WriteHead(new Dictionary<string, NDArray>
        {
            ["weight"] = NDArray.From(head.Weights, head.Classes, head.Dimension),
            ["bias"] = NDArray.From(head.Biases),
            ["probabilities"] = NDArray.From([.. first.Probabilities.SelectMany(row => row)], first.Probabilities.Count, head.Classes),
        });
        context.Report(FineTuningPhase.FittingHead, 1, 1);
        return first;
    }

    /// <summary>The head as weights of the network's last layer.</summary>
    public IEnumerable<KeyValuePair<string, NDArray>> ToWeights()
    {
        float[] kernel = new float[Head.Weights.Length];
        for (int label = 0; label < Head.Classes; label++)
        {
            for (int i = 0; i < Head.Dimension; i++)
            {
                kernel[(i * Head.Classes) + label] = Head.Weights[(label * Head.Dimension) + i];
            }
        }

        yield return KeyValuePair.Create($"{FineTuningNetwork.Predictions}/kernel", NDArray.From(kernel, Head.Dimension, Head.Classes));
        yield return KeyValuePair.Create($"{FineTuningNetwork.Predictions}/bias", NDArray.From(Head.Biases));
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
