using VggTransfer.PretrainedModels;

namespace VggTransfer.Tests.PretrainedModels;

/// <summary>Keeps every report, at once and in order.</summary>
internal sealed class RecordedProgress(Action<PretrainedProgress>? also = null) : IProgress<PretrainedProgress>
{
    public List<PretrainedProgress> Reports { get; } = [];

    /// <summary>The stages without repetitions.</summary>
    public IEnumerable<PretrainedStage> Stages => Reports.Select(report => report.Stage).Where((stage, index) => index == 0 || Reports[index - 1].Stage != stage);

    public void Report(PretrainedProgress value)
    {
        Reports.Add(value);
        also?.Invoke(value);
    }
}
