namespace VggTransfer.Datasets;

/// <summary>A folder can't serve as a data set. The message is a sentence that names the folder, what is wrong and what to do.</summary>
public sealed class InvalidImageFolderException : IOException
{
    /// <summary>Composes the message from its parts.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reason">What is wrong and what to do, as the rest of a sentence, without a full stop.</param>
    /// <param name="innerException">The cause.</param>
    public InvalidImageFolderException(string path, string reason, Exception? innerException = null)
        : base($"'{path}' can't be used as a folder of images: {reason}.", innerException)
    {
        Path = path;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }
}
