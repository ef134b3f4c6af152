namespace VggTransfer;

/// <summary>A model or weight file can't be used. The message is a sentence that names the file, what is wrong and what to do.</summary>
public sealed class InvalidModelFileException : IOException
{
    /// <summary>Composes the message from its parts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The format it was read as, such as <c>safetensors</c>.</param>
    /// <param name="reason">What is wrong and what to do, as the rest of a sentence, without a full stop.</param>
    /// <param name="position">Byte offset in the file where the fault lies, where there is one.</param>
    /// <param name="innerException">The cause.</param>
    public InvalidModelFileException(string path, string format, string reason, long? position = null, Exception? innerException = null)
        : base($"'{path}' isn't a usable {format} file{(position is null ? "" : $" (at byte {position})")}: {reason}.", innerException)
    {
        Path = path;
        Format = format;
        Reason = reason;
        Position = position;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The format it was read as.</summary>
    public string Format { get; }

    /// <summary>What is wrong and what to do.</summary>
    public string Reason { get; }

    /// <summary>Byte offset in the file where the fault lies; null where there is none.</summary>
    public long? Position { get; }
}
