using VggTransfer.Architectures;

namespace VggTransfer.FineTuning;

/// <summary>What the parts of a fine-tuning take, in seconds: by their multiplications, and what a multiplication takes here.</summary>
/// <param name="context">Images, network, options.</param>
/// <param name="pace">What this machine does.</param>
internal sealed class TimeEstimate(FineTuningContext context, MachinePace pace)
{
    // Backward takes twice what forward does.
    private const double TrainingOverForward = 3;

    // A saved classifier computes in full precision, and decodes the images anew.
    private const double SavedOverFrozen = 1.3;

    // By 'compare --only head': 0.23 s for a head on 1,000 images, 2,048 features and 10 classes.
    private const double FitSecondsPerProduct = 1.1e-8;

    // Cross-validation fits three heads on two thirds of the images each, and other strengths of regularisation four times.
    private const double FitsOfTrial = 2;
    private const int OtherStrengths = 4;
    private const int LargestSample = 2000;

    // The last fit goes on to a finer tolerance.
    private const double FitsOfHead = 3;

    // Networks are built and filled with weights.
    private const double StartingSeconds = 0.5;

    // Writing the file for ML.NET: of VGG16's convolutions some 2 s.
    private const double SavingSeconds = 0.5;
    private const double SavingSecondsPerWeight = 1.2e-7;

    // Opening what was saved, thumbnails, maps of what speaks for a class.
    private const double ReportSeconds = 2;
    private const double ReportSecondsOfImage = 0.005;

    /// <summary>Multiplications for one picture; those of trained layers with their gradients.</summary>
    public static (double Frozen, double Trained) Multiplies(FineTuningNetwork network, FineTuningStage stage)
    {
        int firstBlockTrained = FineTuningPlan.BlockOf(stage.FreezeUntil);
        bool reached = stage.FreezeUntil == FineTuningNetwork.NoneFrozen;
        double frozen = 0;

        // The head, whose multiplications hardly count, still takes its time.
        double trained = network.Architecture.BlockWidth(5) * 1000.0;
        foreach (VggLayer layer in (network.Architecture with { InputSize = stage.InputSize }).Layers)
        {
            reached |= layer.Name == stage.FreezeUntil || (firstBlockTrained == 6 && layer.Kind is VggLayerKind.Flatten);
            if (reached)
            {
                trained += layer.MultiplyAdds;
            }
            else
            {
                frozen += layer.MultiplyAdds;
            }
        }

        return (frozen, trained * TrainingOverForward);
    }

    /// <summary>What a stage takes before it computes anything.</summary>
    public double Starting => pace.Contention * StartingSeconds;

    /// <summary>What is computed once, before a stage begins.</summary>
    public double Frozen(FineTuningStage stage)
    {
        int pictures = 2 * Judged;
        if (context.CachesTraining)
        {
            pictures += Trained * (context.MirrorsTraining(stage) ? 2 : 1);
        }

        return pictures * FrozenOfPicture(stage);
    }

    /// <summary>The first head: features, its choice, its fit.</summary>
    public double FirstHead(FineTuningStage stage)
    {
        if (!context.Network.HasFirstFeatures)
        {
            return 0;
        }

        double[] dimensions = [.. context.Network.Candidates.Select(layer => (double)layer.Dimension(context.Network.Architecture))];
        double choice = FitsOfTrial * Math.Min(Trained, LargestSample) * (dimensions.Sum() + (OtherStrengths * dimensions.Max()));
        double fit = FitsOfHead * Trained * dimensions.Max();
        return ((Trained + Judged) * ForwardOfPicture(stage)) + (Trained * ComputedOfPicture(stage)) + ((choice + fit) * context.Network.Classes * FitSecondsPerProduct * pace.Contention);
    }

    /// <summary>An epoch with its validation.</summary>
    public double Epoch(FineTuningStage stage) =>
        (Trained * (StepOfPicture(stage) + ComputedOfPicture(stage))) + (Judged * ForwardOfPicture(stage));

    /// <summary>Looking at the validation images before a stage, and after it as they are and mirrored.</summary>
    public double Judging(FineTuningStage stage) => 3 * Judged * ForwardOfPicture(stage);

    /// <summary>Learning what the classes' pictures look like, from no more images than it takes.</summary>
    public double Novelty(FineTuningStage stage) => Judged < FinalCalibration.FewestForNovelty ? 0
        : (Math.Min(Judged, FinalCalibration.FewestInTime) + Math.Min(Trained, FinalCalibration.FewestInTime)) * SavedOfPicture(stage);

    /// <summary>Writing the model, and the report on it where one is wanted.</summary>
    public double Saving(FineTuningStage stage) =>
        (pace.Contention * (SavingSeconds + (context.Network.Architecture.ParameterCount * SavingSecondsPerWeight)))
        + (context.Options.IsReported ? (pace.Contention * (ReportSeconds + (Judged * ReportSecondsOfImage))) + (Judged * SavedOfPicture(stage)) : 0);

    private int Trained => context.Data.TrainingClasses.Count;

    private int Judged => context.Data.ValidationClasses.Count;

    private double FrozenOfPicture(FineTuningStage stage) => (Multiplies(context.Network, stage).Frozen * pace.FrozenSecondsPerMultiply) + PreparingOfPicture(stage);

    /// <summary>What is frozen and yet computed in each step.</summary>
    private double ComputedOfPicture(FineTuningStage stage) => context.CachesTraining ? 0 : FrozenOfPicture(stage);

    private double StepOfPicture(FineTuningStage stage) => Multiplies(context.Network, stage).Trained * pace.TrainedSecondsPerMultiply;

    private double ForwardOfPicture(FineTuningStage stage) => StepOfPicture(stage) / TrainingOverForward;

    private double SavedOfPicture(FineTuningStage stage) => SavedOverFrozen * FrozenOfPicture(stage with { FreezeUntil = FineTuningNetwork.HeadOnly });

    private double PreparingOfPicture(FineTuningStage stage) => (double)stage.InputSize * stage.InputSize * pace.PreparingSecondsPerPixel;
}
