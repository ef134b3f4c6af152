namespace VggTransfer.FeatureCaching;

/// <summary>Reports how many images of how many are done, on the caller's thread.</summary>
internal sealed class StepProgress(Action<int, int> report) : IProgress<(int Done, int Total)>
{
    public void Report((int Done, int Total) value) => report(value.Done, value.Total);
}
