using System.Diagnostics;
using VggTransfer.FineTuning;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Cli;

/// <summary>Shows a fine-tuning: its phases, its steps on a terminal, and a line for each epoch.</summary>
/// <param name="screen">Gets the lines.</param>
/// <param name="progress">Gets phases and steps.</param>
/// <param name="findsRate">Whether learning rates are tried, and there are no epochs.</param>
internal sealed class FineTuningDisplay(Screen screen, IWorkProgress progress, bool findsRate = false) : IProgress<FineTuningProgress>
{
    private readonly Stopwatch _training = new();
    private int _begun;

    /// <summary>Gets the figures of all epochs so far, whenever one has ended.</summary>
    public Action<IReadOnlyList<Logs>>? EpochEnded { get; init; }

    public void Report(FineTuningProgress value)
    {
        if (value.Decision is { } decision)
        {
            screen.Announce(decision);
            return;
        }

        string note = value.Note.Length == 0 ? "" : $", {value.Note}";
        switch (value.Phase)
        {
            case FineTuningPhase.DecodingImages:
                progress.Report($"Decoding images{note}", value.Done, value.Total, "images");
                break;
            case FineTuningPhase.ComparingInputSizes:
                progress.Report($"Extracting features{note}", value.Done, value.Total, "images");
                break;
            case FineTuningPhase.ComputingFrozenLayers:
                progress.Report($"Computing frozen layers{note}", value.Done, value.Total, "pictures");
                break;
            case FineTuningPhase.FittingHead:
                progress.Report($"Fitting heads on frozen features{note}", value.Done, value.Total, "trials");
                break;
            case FineTuningPhase.Training:
                ReportTraining(value);
                break;
            default:
                progress.Report($"Judging the result{note}", value.Done, value.Total, "images");
                break;
        }
    }

    private void ReportTraining(FineTuningProgress value)
    {
        if (findsRate)
        {
            progress.Report("Trying learning rates", value.Done, value.Total, "rates");
            return;
        }

        if (!_training.IsRunning)
        {
            _training.Start();
            _begun = value.Done;
        }

        if (value.Epoch is { } figures)
        {
            EpochEnded?.Invoke(value.Epochs!);
            screen.Announce($"{value.Note}: {Describe(figures)}{Left(value)}.");
        }

        // A log has its line for each epoch; on a terminal a bar moves below those lines.
        if (screen.HasBars)
        {
            progress.Report("Training", value.Done, value.Total, "steps");
        }
    }

    /// <summary>Such as <c>, 3:12 left</c>.</summary>
    private string Left(FineTuningProgress value)
    {
        int timed = value.Done - _begun;
        return timed <= 0 || value.Done >= value.Total ? "" : $", {Pace.Duration(_training.Elapsed * ((double)(value.Total - value.Done) / timed))} left";
    }

    private static string Describe(Logs figures) => string.Join(", ", figures.Where(figure => figure.Key != "lr").Select(figure =>
        $"{figure.Key} {(figure.Key.EndsWith("accuracy", StringComparison.Ordinal) ? $"{100 * figure.Value:0.0} %" : $"{figure.Value:0.0000}")}"));
}
