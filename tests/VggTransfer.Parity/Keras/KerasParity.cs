namespace VggTransfer.Parity.Keras;

/// <summary>Every comparison that a folder of Keras's goldens allows; what isn't there isn't compared.</summary>
public static class KerasParity
{
    public static IReadOnlyList<ParityCase> Check(string folder) =>
    [
        .. TrainingCaseParity.Check(folder),
        .. NotebookParity.Check(folder),
        .. ScheduleParity.Check(folder),
        .. SummaryParity.Check(folder),
        .. CallbackParity.Check(folder),
        .. FitParity.Check(folder),
        .. ProgressParity.Check(folder),
        .. FileListingParity.Check(folder),
    ];
}
