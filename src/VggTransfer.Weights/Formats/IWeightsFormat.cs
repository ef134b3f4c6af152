using VggTransfer.Models;

namespace VggTransfer.Weights.Formats;

/// <summary>A format that weights are read from and perhaps written to: all that <see cref="WeightsFile"/> knows of it.</summary>
internal interface IWeightsFormat
{
    /// <summary>What the format is called in results.</summary>
    WeightsFormat Id { get; }

    /// <summary>What messages call it.</summary>
    string Name { get; }

    /// <summary>The extensions of its files, lower case: how a file is read whose beginning says nothing, because it is damaged.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Of <see cref="Extensions"/>, those that can be written; none for a format that is only read.</summary>
    IReadOnlyList<string> WrittenExtensions => [];

    /// <summary>Whether the network lies at a path that isn't one file: a folder, or several files with a common beginning.</summary>
    /// <param name="path">The path; nothing need be there.</param>
    bool IsAt(string path) => false;

    /// <summary>Whether a file's content is probably of this format.</summary>
    /// <param name="head">The file's first <see cref="ForeignContent.HeadLength"/> bytes, or all that it has.</param>
    /// <param name="path">The file, for formats that a beginning doesn't tell apart.</param>
    bool LooksLike(ReadOnlySpan<byte> head, string path);

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">What the file may not say itself.</param>
    /// <exception cref="FileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="InvalidModelFileException">It is damaged, or holds no VGG.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    WeightsContent Read(string path, WeightsReadOptions options);

    /// <summary>Writes or replaces a file, whole or not at all; called only for <see cref="WrittenExtensions"/>.</summary>
    /// <param name="model">The network.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="options">How to write it.</param>
    /// <param name="cancellationToken">Stops the writing; an existing file stays as it was.</param>
    void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{Name} isn't written.");
}
