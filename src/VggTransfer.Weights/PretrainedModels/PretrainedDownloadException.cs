namespace VggTransfer.PretrainedModels;

/// <summary>
/// Published weights couldn't be fetched, or what came isn't what was published. The message is a sentence or two: what
/// happened, and which file to put where without a network.
/// </summary>
public sealed class PretrainedDownloadException : IOException
{
    /// <summary>Composes the message.</summary>
    /// <param name="entry">What was to be fetched.</param>
    /// <param name="address">Where from.</param>
    /// <param name="path">Where the file belongs.</param>
    /// <param name="reason">What happened, as the rest of a sentence without a full stop.</param>
    /// <param name="innerException">The cause.</param>
    public PretrainedDownloadException(PretrainedEntry entry, Uri address, string path, string reason, Exception? innerException = null)
        : base($"'{entry?.Name}' can't be fetched from {address}: {reason}. To go on without it, download '{entry?.File}' elsewhere ({entry?.Address}) and put it at '{path}'; it is used from there.", innerException)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Name = entry.Name;
        Address = address;
        Path = path;
        Reason = reason;
    }

    /// <summary>The catalog's name.</summary>
    public string Name { get; }

    /// <summary>Where the file was to come from.</summary>
    public Uri Address { get; }

    /// <summary>Where the file belongs.</summary>
    public string Path { get; }

    /// <summary>What happened.</summary>
    public string Reason { get; }
}
