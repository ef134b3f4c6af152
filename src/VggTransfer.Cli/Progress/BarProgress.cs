using Spectre.Console;

namespace VggTransfer.Cli;

/// <summary>For terminals: a bar for each stage.</summary>
internal sealed class BarProgress(ProgressContext context) : IWorkProgress
{
    private ProgressTask? _task;
    private Pace? _pace;

    public void Report(string stage, int done, int total, string unit)
    {
        if (_task is null || _pace?.Stage != stage)
        {
            if (_task is not null)
            {
                _task.Value = _task.MaxValue;
            }

            _pace = new Pace(stage, unit);
            _task = context.AddTask(Markup.Escape(stage), new ProgressTaskSettings { MaxValue = total });
            _task.Tag = _pace;
        }

        _pace.Update(done, total);
        _task.Value = done;
    }
}
