namespace VggTransfer;

/// <summary>How many threads work may be given.</summary>
public static class ThreadCount
{
    /// <summary>The most.</summary>
    public const int Maximum = 1024;

    /// <summary>One for each processor.</summary>
    public static int Default => Math.Min(Environment.ProcessorCount, Maximum);
}
