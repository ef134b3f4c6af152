namespace VggTransfer.Parity;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCodes
{
    public const int AllPassed = 0;
    public const int SomeFailed = 1;
    public const int WrongUsage = 2;
}
