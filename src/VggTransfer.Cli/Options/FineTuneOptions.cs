using System.CommandLine;
using System.Text.RegularExpressions;
using VggTransfer.Architectures;
using VggTransfer.FineTuning;

namespace VggTransfer.Cli;

/// <summary>The recipe of a fine-tuning. What isn't given is <see cref="FineTuningOptions"/>' default.</summary>
internal sealed partial class FineTuneOptions
{
    private static readonly FineTuningOptions s_defaults = new();

    private readonly Option<FineTuningHead?> _head = ValueOption.OneOf("--head", "What stands on the convolutions: pooled (pooled maps and one dense layer), or dense (the paper's fc6 and fc7, a network's own where it has them) [default: pooled]", new Dictionary<string, FineTuningHead>(StringComparer.Ordinal)
    {
        ["pooled"] = FineTuningHead.Pooled,
        ["dense"] = FineTuningHead.Dense,
    });

    private readonly Option<FeatureLayer?> _layer = ValueOption.Written(
        "--layer", "What the pooled head works on: maps with :avg or :max (and :l2 or :hellinger behind it), several joined by '+', or auto (chosen on the training images, as train does) [default: auto]", "auto|LAYER", ParsePooled);

    private readonly Option<string?> _freezeUntil = CreateFreezeUntil();
    private readonly Option<bool> _gradual = new("--gradual") { Description = "Begin with the head alone, and unfreeze block by block down to --freeze-until, in stages of equal length" };
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of the input in pixels [default: auto, by the size of the images, and the better one of two on the training images, as train does]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.InputSize)), allowAuto: true);
    private readonly Option<int[]?> _sizes = SizesOption.Create();
    private readonly Option<int?> _epochs = ValueOption.OptionalInteger("--epochs", $"Epochs in all, over all stages [default: {s_defaults.Epochs}]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.Epochs)));
    private readonly Option<int?> _batchSize = ValueOption.OptionalInteger("--batch-size", $"Images in a step [default: {s_defaults.BatchSize}]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.BatchSize)));
    private readonly Option<int?> _accumulate = ValueOption.OptionalInteger("--accumulate", $"Steps whose gradients make one update: a larger batch in the same memory [default: {s_defaults.AccumulationSteps}]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.AccumulationSteps)));
    private readonly Option<double?> _learningRate = Number("--learning-rate", "The head's largest learning rate", nameof(FineTuningOptions.LearningRate), s_defaults.LearningRate);
    private readonly Option<double?> _backboneLearningRate = Number("--backbone-learning-rate", "The largest learning rate of the topmost block that is trained", nameof(FineTuningOptions.BackboneLearningRate), s_defaults.BackboneLearningRate);
    private readonly Option<double?> _blockRateFactor = ValueOption.OptionalNumber("--block-rate-factor", $"Each block's rate as a share of that of the block above it [default: {Shown(s_defaults.BlockRateFactor)}]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.BlockRateFactor)));
    private readonly Option<FineTuningSchedule?> _schedule = ValueOption.OneOf("--schedule", "The rate within a stage: up and down in one cycle, a cosine after a short warm-up, or constant [default: one-cycle]", new Dictionary<string, FineTuningSchedule>(StringComparer.Ordinal)
    {
        ["one-cycle"] = FineTuningSchedule.OneCycle,
        ["cosine"] = FineTuningSchedule.Cosine,
        ["constant"] = FineTuningSchedule.Constant,
    });

    private readonly Option<double?> _weightDecay = Number("--weight-decay", "AdamW's weight decay; biases and batch norms are exempt", nameof(FineTuningOptions.WeightDecay), s_defaults.WeightDecay);
    private readonly Option<double?> _startingPoint = Number("--l2-sp", "Factor of a penalty that draws the convolutions to their pretrained weights", nameof(FineTuningOptions.StartingPointPenalty), s_defaults.StartingPointPenalty);
    private readonly Option<double?> _labelSmoothing = Number("--label-smoothing", "Share of each target that is spread over all classes", nameof(FineTuningOptions.LabelSmoothing), s_defaults.LabelSmoothing);
    private readonly Option<double?> _dropout = Number("--dropout", "Dropout rate in the head", nameof(FineTuningOptions.Dropout), s_defaults.Dropout);
    private readonly Option<WeightAveraging?> _average = ValueOption.OneOf("--average", "What is judged and kept: the weights as they are, their moving average (ema), or the mean over the last epochs (swa) [default: none]", new Dictionary<string, WeightAveraging>(StringComparer.Ordinal)
    {
        ["none"] = WeightAveraging.None,
        ["ema"] = WeightAveraging.Exponential,
        ["swa"] = WeightAveraging.Stochastic,
    });

    private readonly Option<bool> _balance = new("--balance-classes") { Description = "Let rare classes count as much as frequent ones" };
    private readonly Option<bool> _keepLast = new("--keep-last") { Description = "Keep the last epoch's weights instead of the best ones: then the validation images choose nothing, and their accuracy is that on new images" };
    private readonly Option<int?> _earlyStopping = ValueOption.OptionalInteger("--early-stopping", "Epochs without a better validation loss after which training stops [default: never]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.EarlyStopping)));
    private readonly Option<TimeSpan?> _timeBudget = DurationOption.Create("--time-budget", "The time from the start until model and report are written; epochs, blocks and input size are adapted to it, and the best so far is the result. It takes longer only where it isn't enough for a head on the frozen network at 32 pixels, and says so");

    private Option[] All =>
    [
        _head, _layer, _freezeUntil, _gradual, _inputSize, _sizes, _epochs, _batchSize, _accumulate, _learningRate, _backboneLearningRate, _blockRateFactor, _schedule,
        _weightDecay, _startingPoint, _labelSmoothing, _dropout, _average, _balance, _keepLast, _earlyStopping, _timeBudget,
    ];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            // As it was typed: a value that is none has a message of its own.
            if (result.GetResult(_head)?.Tokens is [{ Value: "dense" }] && result.GetResult(_layer) is not null)
            {
                result.AddError("--layer and --head dense exclude each other: a dense part works on the whole last map.");
            }

            if (result.GetResult(_sizes) is not null && result.GetResult(_inputSize) is not null)
            {
                result.AddError("--sizes and --input-size exclude each other: the last of the sizes is the input size.");
            }
        });
    }

    public FineTuningOptions Read(ParseResult parsed)
    {
        int[] sizes = parsed.GetValue(_sizes) ?? [];
        return new FineTuningOptions
        {
            Head = parsed.GetValue(_head) ?? s_defaults.Head,
            Layer = parsed.GetValue(_layer),
            Dropout = parsed.GetValue(_dropout) ?? s_defaults.Dropout,
            FreezeUntil = parsed.GetValue(_freezeUntil) ?? s_defaults.FreezeUntil,
            GradualUnfreezing = parsed.GetValue(_gradual),
            InputSize = sizes.Length > 0 ? sizes[^1] : parsed.GetValue(_inputSize),
            ProgressiveSizes = sizes.Length > 0 ? sizes[..^1] : [],
            Epochs = parsed.GetValue(_epochs) ?? s_defaults.Epochs,
            BatchSize = parsed.GetValue(_batchSize) ?? s_defaults.BatchSize,
            AccumulationSteps = parsed.GetValue(_accumulate) ?? s_defaults.AccumulationSteps,
            LearningRate = parsed.GetValue(_learningRate) ?? s_defaults.LearningRate,
            BackboneLearningRate = parsed.GetValue(_backboneLearningRate) ?? s_defaults.BackboneLearningRate,
            BlockRateFactor = parsed.GetValue(_blockRateFactor) ?? s_defaults.BlockRateFactor,
            Schedule = parsed.GetValue(_schedule) ?? s_defaults.Schedule,
            WeightDecay = parsed.GetValue(_weightDecay) ?? s_defaults.WeightDecay,
            StartingPointPenalty = parsed.GetValue(_startingPoint) ?? s_defaults.StartingPointPenalty,
            LabelSmoothing = parsed.GetValue(_labelSmoothing) ?? s_defaults.LabelSmoothing,
            Averaging = parsed.GetValue(_average) ?? s_defaults.Averaging,
            BalanceClasses = parsed.GetValue(_balance),
            KeepBestEpoch = !parsed.GetValue(_keepLast),
            EarlyStopping = parsed.GetValue(_earlyStopping),
            TimeBudget = parsed.GetValue(_timeBudget),
        };
    }

    private static FeatureLayer ParsePooled(string text)
    {
        var layer = VggFeatureLayers.Parse(text);
        return layer.Sources.All(source => source.Pooling != FeaturePooling.Flatten)
            ? layer
            : throw new FormatException($"'{text}' isn't pooled; put :avg or :max behind each map, such as block5_pool:avg.");
    }

    private static Option<string?> CreateFreezeUntil() => new("--freeze-until")
    {
        Description = $"The first layer that is trained: a convolution such as block4_conv1, none (all are), or head (none of the convolutions) [default: {s_defaults.FreezeUntil}]",
        HelpName = "LAYER",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (LayerName().IsMatch(text))
            {
                return text;
            }

            result.AddError($"--freeze-until must be none, head, or a convolution from block1_conv1 to block5_conv4, and is '{text}'.");
            return null;
        },
    };

    private static Option<double?> Number(string name, string description, string property, double byDefault) =>
        ValueOption.OptionalNumber(name, $"{description} [default: {Shown(byDefault)}]", OptionRange.Of<FineTuningOptions>(property));

    private static string Shown(double value) => value.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("^(none|head|block[1-5]_conv[1-4])$")]
    private static partial Regex LayerName();
}
