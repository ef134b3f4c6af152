using System.Globalization;
using System.Text.Json;
using VggTransfer.Backbones;
using VggTransfer.Models;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>
/// What a fine-tuning is made of, kept in its workspace so that it only goes on as what it was. Device, threads and time
/// budget may be others when it goes on.
/// </summary>
internal static class FineTuningIdentity
{
    public static IReadOnlyDictionary<string, string> Of(FineTuningOptions options, Precision precision, VggModel backbone, FineTuningNetwork network, IReadOnlyList<int> inputSizes, FineTuningData data) =>
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["the pretrained network"] = backbone.Architecture.DisplayName,
            ["the network's weights"] = Convert.ToHexStringLower(new VggBackbone(backbone).HashWeights(options.Threads ?? Environment.ProcessorCount)),
            ["the preprocessing"] = network.Preprocessing.ToString(),
            ["the list of classes"] = string.Join(", ", data.Labels),
            ["the number of training images"] = Text(data.TrainingClasses.Count),
            ["the number of validation images"] = Text(data.ValidationClasses.Count),
            ["the list of images"] = Convert.ToHexStringLower(data.Digest),
            ["precision"] = precision.ToString(),
            [nameof(options.Head)] = options.Head.ToString(),
            [nameof(options.Layer)] = options.Layer?.ToString() ?? "auto",
            [nameof(options.Dropout)] = Text(options.Dropout),
            [nameof(options.FreezeUntil)] = options.FreezeUntil,
            [nameof(options.GradualUnfreezing)] = options.GradualUnfreezing.ToString(),
            [nameof(options.InputSize)] = inputSizes is [int only] ? Text(only) : $"the better of {string.Join(" and ", inputSizes)}",
            [nameof(options.ProgressiveSizes)] = string.Join(", ", options.ProgressiveSizes),
            [nameof(options.Epochs)] = Text(options.Epochs),
            [nameof(options.BatchSize)] = Text(options.BatchSize),
            [nameof(options.AccumulationSteps)] = Text(options.AccumulationSteps),
            [nameof(options.LearningRate)] = Text(options.LearningRate),
            [nameof(options.BackboneLearningRate)] = Text(options.BackboneLearningRate),
            [nameof(options.BlockRateFactor)] = Text(options.BlockRateFactor),
            [nameof(options.Schedule)] = options.Schedule.ToString(),
            [nameof(options.WeightDecay)] = Text(options.WeightDecay),
            [nameof(options.StartingPointPenalty)] = Text(options.StartingPointPenalty),
            [nameof(options.LabelSmoothing)] = Text(options.LabelSmoothing),
            [nameof(options.Augmentation)] = JsonSerializer.Serialize(options.Augmentation),
            [nameof(options.MixUp)] = Text(options.MixUp),
            [nameof(options.CutMix)] = Text(options.CutMix),
            [nameof(options.Averaging)] = options.Averaging.ToString(),
            [nameof(options.EmaMomentum)] = Text(options.EmaMomentum),
            [nameof(options.BalanceClasses)] = options.BalanceClasses.ToString(),
            [nameof(options.KeepBestEpoch)] = options.KeepBestEpoch.ToString(),
            [nameof(options.EarlyStopping)] = options.EarlyStopping is { } patience ? Text(patience) : "not given",
            [nameof(options.Seed)] = Text(options.Seed),
            [nameof(options.Orientation)] = options.Orientation.ToString(),
        };

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
