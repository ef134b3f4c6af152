using VggTransfer.Architectures;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Keras.Vgg;

namespace VggTransfer.Cli;

/// <summary>From settings to a compiled model and the callbacks that belong to it.</summary>
internal static class FitNetwork
{
    private const double Momentum = 0.9;

    // The share of the largest rate that a warm-up begins with.
    private const double WarmUpShare = 0.05;

    /// <summary>A network of 8-bit pixels to logits, with He's initial values, with which a deep VGG learns.</summary>
    public static Sequential Build(VggArchitecture architecture, FitSettings settings) => new(
    [
        new Rescaling(1 / 255.0, inputShape: (architecture.InputSize, architecture.InputSize, 3)),
        .. VggLayers.Create(architecture, new VggModelOptions
        {
            KernelInitializer = "he_normal",
            ConvolutionRegularizer = settings.L2 > 0 ? new L2(settings.L2) : null,

            // Keras's 0.99 needs thousands of steps to know the statistics.
            BatchNormMomentum = 0.9,
        }),
    ]);

    /// <param name="model">The network.</param>
    /// <param name="settings">How it is trained.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    public static void Compile(Model model, FitSettings settings, int stepsPerEpoch) => model.Compile(
        CreateOptimizer(settings, RateOf(settings, stepsPerEpoch)), new CategoricalCrossentropy(fromLogits: true, settings.LabelSmoothing), ["accuracy"]);

    /// <summary>Those that set the rate, note it, and stop early.</summary>
    public static IEnumerable<Callback> Callbacks(Model model, FitSettings settings)
    {
        // A scheduler notes the rate itself.
        yield return settings.Schedule == ScheduleKind.Steps
            ? new LearningRateScheduler(epoch => settings.LearningRate * (epoch < 0.4 * settings.Epochs ? 1 : epoch < 0.8 * settings.Epochs ? 0.1 : 0.01))
            : new LambdaCallback(onEpochEnd: (_, logs) => logs.SetSingle("lr", (float)model.Optimizer.LearningRate));
        if (settings.EarlyStopping is { } patience)
        {
            yield return new EarlyStopping(patience: patience, restoreBestWeights: true);
        }
    }

    private static LearningRate RateOf(FitSettings settings, int stepsPerEpoch)
    {
        if (settings.Schedule != ScheduleKind.Cosine)
        {
            return settings.LearningRate;
        }

        double all = (double)settings.Epochs * stepsPerEpoch;
        double warmUp = Math.Min(settings.WarmUp * stepsPerEpoch, all - 1);
        return warmUp > 0
            ? new CosineDecay(settings.LearningRate * WarmUpShare, all - warmUp, warmupTarget: settings.LearningRate, warmupSteps: warmUp)
            : new CosineDecay(settings.LearningRate, all);
    }

    private static Optimizer CreateOptimizer(FitSettings settings, LearningRate rate)
    {
        double? weightDecay = settings.WeightDecay > 0 ? settings.WeightDecay : null;
        Optimizer optimizer = settings.Optimizer switch
        {
            OptimizerKind.Sgd => new SGD(rate, Momentum, nesterov: true, weightDecay: weightDecay),
            OptimizerKind.Adam => new Adam(rate, weightDecay: weightDecay),
            OptimizerKind.AdamW => new AdamW(rate, settings.WeightDecay),
            _ => new RMSprop(rate, momentum: Momentum, weightDecay: weightDecay),
        };

        // Only kernels gain from being small.
        optimizer.ExcludeFromWeightDecay("bias$", "gamma$", "beta$");
        return optimizer;
    }
}
