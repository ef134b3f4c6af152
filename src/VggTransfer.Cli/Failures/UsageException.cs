namespace VggTransfer.Cli;

/// <summary>Options that don't go together, found only when files were looked at. The message is a whole sentence that names the option.</summary>
internal sealed class UsageException(string message) : Exception(message);
