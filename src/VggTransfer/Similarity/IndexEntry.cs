namespace VggTransfer.Similarity;

/// <summary>A picture of an index.</summary>
/// <param name="Path">Its file, relative to the folder, with <c>/</c> between the parts.</param>
/// <param name="ContentHash">SHA-256 of the file, in hexadecimal.</param>
/// <param name="Length">The file's length in bytes when it was read.</param>
/// <param name="Modified">When it was last written to, in ticks of UTC, when it was read.</param>
internal sealed record IndexEntry(string Path, string ContentHash, long Length, long Modified);
