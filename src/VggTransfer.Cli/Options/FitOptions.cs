using System.CommandLine;
using VggTransfer.FineTuning;
using VggTransfer.Training;

namespace VggTransfer.Cli;

/// <summary>How a network is trained.</summary>
internal sealed class FitOptions
{
    private const int LargestBatch = 4096;

    private static readonly OptionRange s_count = new(1, double.PositiveInfinity), s_notNegative = new(0, double.PositiveInfinity);

    private readonly Option<int> _epochs = ValueOption.Integer("--epochs", "Epochs in all, those before an interruption included", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.Epochs)), 40);
    private readonly Option<int> _batchSize = ValueOption.Integer("--batch-size", "Images in a step", new OptionRange(1, LargestBatch), 128);
    private readonly Option<int?> _stepsPerEpoch = ValueOption.OptionalInteger("--steps-per-epoch", "Steps after which an epoch ends [default: all images once]", s_count);
    private readonly Option<OptimizerKind?> _optimizer = ValueOption.OneOf("--optimizer", "How weights follow from gradients; sgd has Nesterov's momentum 0.9 [default: sgd]", Words<OptimizerKind>());
    private readonly Option<double?> _learningRate = ValueOption.OptionalNumber("--learning-rate", "The (largest) learning rate [default: 0.01 for sgd, 0.001 for others]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.LearningRate)));
    private readonly Option<ScheduleKind?> _schedule = ValueOption.OneOf("--schedule", "The rate over the training: a cosine down to 0, steps to a tenth at 40 % and at 80 % of the epochs, or constant [default: cosine]", new Dictionary<string, ScheduleKind>(StringComparer.Ordinal)
    {
        ["cosine"] = ScheduleKind.Cosine,
        ["steps"] = ScheduleKind.Steps,
        ["constant"] = ScheduleKind.Constant,
    });

    private readonly Option<double?> _warmUp = ValueOption.OptionalNumber("--warm-up", "Epochs in which a cosine's rate first rises [default: a tenth of the epochs, 3 at most]", s_notNegative);
    private readonly Option<double?> _l2 = ValueOption.OptionalNumber("--l2", "Factor of the penalty on the squares of the convolutions' weights [default: 0.0005]", s_notNegative);
    private readonly Option<double?> _weightDecay = ValueOption.OptionalNumber("--weight-decay", "Share of each weight, times the rate, that is taken off in each step [default: 0.004 for adamw, else 0]", s_notNegative);
    private readonly Option<double?> _labelSmoothing = ValueOption.OptionalNumber("--label-smoothing", "Share of each target that is spread over all classes [default: 0]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.LabelSmoothing)));
    private readonly Option<AugmentKind?> _augment = ValueOption.OneOf("--augment", "Random changes of the training images: mirrored, moved by up to an eighth of the input, both, or none [default: crop-flip]", new Dictionary<string, AugmentKind>(StringComparer.Ordinal)
    {
        ["none"] = AugmentKind.None,
        ["flip"] = AugmentKind.Flip,
        ["crop-flip"] = AugmentKind.CropFlip,
    });

    private readonly Option<int?> _earlyStopping = ValueOption.OptionalInteger("--early-stopping", "Epochs without a better validation loss after which training stops, with the best epoch's weights [default: never]", s_count);
    private readonly Option<int> _checkpointSteps = ValueOption.Integer("--checkpoint-steps", "Steps between two checkpoints", s_count, 100);
    private readonly Option<int> _seed = ValueOption.Seed("Seed of the split, the initial weights, the order, augmentation and dropout");
    private readonly DeviceOptions _device = new("float32");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_epochs, _batchSize, _stepsPerEpoch, _optimizer, _learningRate, _schedule, _warmUp, _l2, _weightDecay, _labelSmoothing, _augment, _earlyStopping, _checkpointSteps, _seed])
        {
            command.Add(option);
        }

        _device.AddTo(command);

        command.Validators.Add(result =>
        {
            if (result.GetResult(_warmUp) is not null && result.GetResult(_schedule) is { } schedule && result.GetValue(_schedule) is not ScheduleKind.Cosine && !schedule.Errors.Any())
            {
                result.AddError("--warm-up belongs to the cosine schedule; leave it out, or choose --schedule cosine.");
            }
        });
    }

    public int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public ExecutionOptions Execution(ParseResult parsed) => new()
    {
        Device = _device.DeviceOf(parsed),
        Precision = _device.PrecisionOf(parsed) ?? Precision.Float32,
        Threads = _device.ThreadsOf(parsed),
        Seed = parsed.GetValue(_seed),
    };

    public FitSettings Read(ParseResult parsed)
    {
        OptimizerKind optimizer = parsed.GetValue(_optimizer) ?? OptimizerKind.Sgd;
        int epochs = parsed.GetValue(_epochs);
        return new FitSettings
        {
            Epochs = epochs,
            BatchSize = parsed.GetValue(_batchSize),
            StepsPerEpoch = parsed.GetValue(_stepsPerEpoch),
            Optimizer = optimizer,
            LearningRate = parsed.GetValue(_learningRate) ?? (optimizer == OptimizerKind.Sgd ? 0.01 : 0.001),
            Schedule = parsed.GetValue(_schedule) ?? ScheduleKind.Cosine,
            WarmUp = parsed.GetValue(_warmUp) ?? Math.Min(3, epochs / 10.0),
            L2 = parsed.GetValue(_l2) ?? 5e-4,
            WeightDecay = parsed.GetValue(_weightDecay) ?? (optimizer == OptimizerKind.AdamW ? 0.004 : 0),
            LabelSmoothing = parsed.GetValue(_labelSmoothing) ?? 0,
            Augment = parsed.GetValue(_augment) ?? AugmentKind.CropFlip,
            EarlyStopping = parsed.GetValue(_earlyStopping),
            CheckpointSteps = parsed.GetValue(_checkpointSteps),
            Seed = parsed.GetValue(_seed),
            Precision = _device.PrecisionOf(parsed) ?? Precision.Float32,
        };
    }

    private static Dictionary<string, T> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(value => value.ToString().ToLowerInvariant(), StringComparer.Ordinal);
}
