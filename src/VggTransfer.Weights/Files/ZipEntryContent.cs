using System.IO.Compression;
using System.IO.Hashing;

namespace VggTransfer.Files;

/// <summary>Entries of zip archives that anybody may have made.</summary>
internal static class ZipEntryContent
{
    // A deflated byte stands for 1,032 at the most.
    private const int LargestCompression = 1032;

    /// <summary>Whether a name leads out of a folder that the archive is unpacked to.</summary>
    public static bool IsOutside(string name) =>
        name.StartsWith('/') || name.StartsWith('\\') || name.Contains(':', StringComparison.Ordinal) || name.Split('/', '\\').Contains("..");

    /// <summary>Reads an entry whole, trusting neither its declared length nor its end.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="largest">Bytes that it may have.</param>
    /// <param name="fault">The exception for what is wrong, told as a clause whose subject is the archive: "its entry x is damaged".</param>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    public static byte[] Read(ZipArchiveEntry entry, long largest, Func<string, IOException> fault)
    {
        if (entry.Length > largest)
        {
            throw fault($"its entry {entry.FullName} claims {entry.Length:N0} bytes, and none has more than {largest:N0}");
        }

        // Refused before anything is allocated.
        if (entry.Length > (entry.CompressedLength * LargestCompression) + 1024)
        {
            throw fault($"its entry {entry.FullName} claims more bytes than its compressed form can hold");
        }

        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (read != content.Length || stream.ReadByte() >= 0)
        {
            throw fault($"its entry {entry.FullName} has another length than it says");
        }

        // .NET doesn't look at the checksum, and a flipped bit gives other numbers without any error.
        return Crc32.HashToUInt32(content) == entry.Crc32
            ? content
            : throw fault($"its entry {entry.FullName} is damaged (its checksum differs)");
    }
}
