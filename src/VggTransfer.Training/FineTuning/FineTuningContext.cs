using System.Globalization;
using System.Text.Json;
using VggTransfer.Augmentation;
using VggTransfer.Classification;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>What all stages of a fine-tuning share.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Network">The layers.</param>
/// <param name="Data">The images.</param>
/// <param name="Workspace">The folder for caches and checkpoints.</param>
/// <param name="Execution">Where and how everything computes.</param>
/// <param name="Warnings">Gets what a user should know.</param>
/// <param name="Progress">Told how far the work is.</param>
/// <param name="CancellationToken">Ends the work.</param>
internal sealed record FineTuningContext(
    FineTuningOptions Options,
    FineTuningNetwork Network,
    FineTuningData Data,
    FineTuningWorkspace Workspace,
    ExecutionOptions Execution,
    List<string> Warnings,
    IProgress<FineTuningProgress>? Progress,
    CancellationToken CancellationToken)
{
    /// <summary>The time at work, where it is limited; otherwise null.</summary>
    public WorkClock? Clock { get; init; }

    /// <summary>How the input sizes did that were compared; none where there was one only.</summary>
    public IReadOnlyList<(int InputSize, HeadTrial Best)> InputSizeTrials { get; init; } = [];

    /// <summary>Whether a training picture can only be itself or its mirror, so that what is frozen is computed once.</summary>
    public bool CachesTraining => Options.Augmentation.IsAtMostMirror && Options.MixUp == 0 && Options.CutMix == 0;

    /// <summary>Whether the mirrors of the training pictures are computed once, as the pictures are.</summary>
    public bool MirrorsTraining(FineTuningStage stage) => CachesTraining && Options.Augmentation.HorizontalFlip && stage.Epochs > 0;

    /// <summary>How training pictures are changed, in words.</summary>
    public string DescribeChanges()
    {
        string changes = Options.Augmentation == PhotoAugmentation.None ? "none" : Options.Augmentation == PhotoAugmentation.Mirror ? "mirror" : JsonSerializer.Serialize(Options.Augmentation);
        return string.Create(CultureInfo.InvariantCulture, $"{changes}{(Options.MixUp > 0 ? $", mixup {Options.MixUp}" : "")}{(Options.CutMix > 0 ? $", CutMix {Options.CutMix}" : "")}");
    }

    /// <summary>Tells how far the work is.</summary>
    public void Report(FineTuningPhase phase, int done, int total, string note = "", IReadOnlyList<Logs>? epochs = null)
    {
        Clock?.Note();
        Progress?.Report(new FineTuningProgress(phase, done, total, note, epochs));
    }

    /// <summary>Tells what a time budget decided, and warns of it.</summary>
    /// <param name="notes">Whole sentences.</param>
    public void Decide(IEnumerable<string> notes)
    {
        foreach (string note in notes)
        {
            Tell(FineTuningPhase.ComputingFrozenLayers, note);
            Warnings.Add(note);
        }
    }

    /// <summary>Tells what was decided.</summary>
    /// <param name="phase">The phase that came to it.</param>
    /// <param name="decision">A whole sentence.</param>
    public void Tell(FineTuningPhase phase, string decision) => Progress?.Report(new FineTuningProgress(phase, 1, 1) { Decision = decision });
}
