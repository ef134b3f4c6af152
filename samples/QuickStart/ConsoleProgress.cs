using VggTransfer.Classification;

namespace QuickStart;

/// <summary>A line whenever another quarter is done.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    private (TrainingStage Stage, string Note, int Quarter) _last;

    public void Report(TrainingProgress value)
    {
        (TrainingStage, string, int) now = (value.Stage, value.Note, value.Total == 0 ? 0 : 4 * value.Done / value.Total);
        if (now != _last)
        {
            _last = now;
            Console.WriteLine($"  {value.Stage} {value.Done}/{value.Total} {value.Note}");
        }
    }
}
