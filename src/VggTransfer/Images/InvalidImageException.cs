namespace VggTransfer.Images;

/// <summary>
/// A file that cannot be used as an image: truncated, damaged, of a format that is not read, or too large. The message is
/// one or two whole sentences that name the file, say what is wrong and what to do.
/// </summary>
public sealed class InvalidImageException : IOException
{
    /// <summary>Describes what is wrong with a file.</summary>
    /// <param name="path">The file's path, or the name that the caller gave to the bytes.</param>
    /// <param name="reason">A clause whose subject is the file: "is truncated: ...".</param>
    /// <param name="advice">A whole sentence that says what to do.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public InvalidImageException(string path, string reason, string advice)
        : base($"'{path ?? throw new ArgumentNullException(nameof(path))}' {reason ?? throw new ArgumentNullException(nameof(reason))}. {advice ?? throw new ArgumentNullException(nameof(advice))}")
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>The file's path, or the name that the caller gave to the bytes.</summary>
    public string Path { get; }

    /// <summary>What is wrong, as a clause whose subject is the file: "is truncated: ...".</summary>
    public string Reason { get; }
}
