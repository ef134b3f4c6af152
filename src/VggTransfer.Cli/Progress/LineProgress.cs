using System.Diagnostics;

namespace VggTransfer.Cli;

/// <summary>For logs: a plain line when a stage begins and ends, and every ten seconds in between.</summary>
internal sealed class LineProgress(TextWriter writer) : IWorkProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private Pace? _pace;

    public void Report(string stage, int done, int total, string unit)
    {
        bool begins = _pace?.Stage != stage;
        if (begins)
        {
            _pace = new Pace(stage, unit);
        }

        _pace!.Update(done, total);
        if (begins || (done == total && total > 1) || _sinceLine.Elapsed >= s_interval)
        {
            WriteLine();
            _sinceLine.Restart();
        }
    }

    private void WriteLine()
    {
        string pace = _pace!.ToString();
        writer.WriteLine(pace.Length == 0 ? _pace.Stage : $"{_pace.Stage}: {pace}");
    }
}
