namespace VggTransfer.Cli;

/// <summary>Shows how far work is, stage by stage.</summary>
internal interface IWorkProgress
{
    /// <param name="stage">What is being done; another text begins another stage.</param>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all.</param>
    /// <param name="unit">The unit's plural, such as <c>images</c>.</param>
    void Report(string stage, int done, int total, string unit);
}

/// <summary>For --quiet.</summary>
internal sealed class NoProgress : IWorkProgress
{
    public void Report(string stage, int done, int total, string unit)
    {
    }
}
