using VggTransfer.Architectures;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;

namespace VggTransfer.FineTuning;

/// <summary>AdamW with a rate for each block, along a schedule for one stage.</summary>
internal static class StageOptimizer
{
    // Of a cosine: a twentieth of the updates go up, from a twenty-fifth of the rate.
    private const double WarmUpShare = 0.05;
    private const double WarmUpDivisor = 25;

    /// <param name="options">Rates, schedule, decay, averages.</param>
    /// <param name="network">Says which weights there are.</param>
    /// <param name="updates">Updates of the stage.</param>
    public static AdamW Create(FineTuningOptions options, FineTuningNetwork network, int updates)
    {
        var optimizer = new AdamW(
            Rate(options, updates), options.WeightDecay, useEma: options.Averaging == WeightAveraging.Exponential, emaMomentum: options.EmaMomentum)
        {
            GradientAccumulationSteps = options.AccumulationSteps,
        };
        optimizer.ExcludeFromWeightDecay("/bias$", "/gamma$", "/beta$");

        // A step of Adam moves every weight by about the rate, and so a layer's outputs by as many times the rate as it has inputs:
        // with several maps it would undo the first head within an epoch (Yang and others, Tensor Programs V, 2022, table 3).
        VggArchitecture architecture = network.Architecture;
        double ForInputs(int count) => Math.Min(1, (double)architecture.BlockWidth(5) / count);
        if (network.StandardizesFeatures)
        {
            optimizer.ScaleLearningRate($"^{FineTuningNetwork.Predictions}/kernel$", ForInputs(network.Layer.Dimension(architecture)));
        }
        else if (!network.KeepsDensePart)
        {
            int inputs = FeatureLayer.Parse(VggFeatureLayers.LastMap(architecture)).Dimension(architecture);
            foreach (string layer in (string[])["fc1", "fc2", FineTuningNetwork.Predictions])
            {
                optimizer.ScaleLearningRate($"^{layer}/kernel$", ForInputs(inputs));
                inputs = architecture.DenseUnits;
            }
        }

        double factor = options.BackboneLearningRate / options.LearningRate;
        if (network.KeepsDensePart)
        {
            // Pretrained as the block below; only the predictions are new.
            optimizer.ScaleLearningRate("^fc", factor);
        }

        for (int block = 5; block >= 1; block--)
        {
            optimizer.ScaleLearningRate($"^block{block}_", factor);
            factor *= options.BlockRateFactor;
        }

        return optimizer;
    }

    private static LearningRate Rate(FineTuningOptions options, int updates)
    {
        double warmUp = Math.Floor(WarmUpShare * updates);
        return options.Schedule switch
        {
            FineTuningSchedule.OneCycle => new OneCycle(options.LearningRate, updates),
            FineTuningSchedule.Cosine => new CosineDecay(options.LearningRate / WarmUpDivisor, updates - warmUp, warmupTarget: options.LearningRate, warmupSteps: warmUp),
            _ => options.LearningRate,
        };
    }
}
