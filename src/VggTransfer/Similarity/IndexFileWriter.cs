using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text;

namespace VggTransfer.Similarity;

/// <summary>Writes an index file.</summary>
internal static class IndexFileWriter
{
    /// <param name="stream">The file.</param>
    /// <param name="settings">What the vectors are.</param>
    /// <param name="dimension">The length of a vector.</param>
    /// <param name="pictures">The entries, each with its vector of length 1.</param>
    public static void Write(Stream stream, IndexSettings settings, int dimension, IReadOnlyList<(IndexEntry Entry, ReadOnlyMemory<Half> Vector)> pictures)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(settings, IndexFileFormat.Json);
        byte[] entries = Entries(pictures);
        long vectorsStart = IndexFileFormat.Align(IndexFileFormat.HeaderLength + json.Length + entries.Length);
        Span<byte> header = stackalloc byte[IndexFileFormat.HeaderLength];
        header.Clear();
        IndexFileFormat.Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], json.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], dimension);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], pictures.Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], entries.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], vectorsStart);
        BinaryPrimitives.WriteUInt32LittleEndian(header[IndexFileFormat.ChecksumPosition..], Crc32.HashToUInt32([.. header[..IndexFileFormat.ChecksumPosition], .. json, .. entries]));
        stream.Write(header);
        stream.Write(json);
        stream.Write(entries);
        stream.Write(new byte[vectorsStart - IndexFileFormat.HeaderLength - json.Length - entries.Length]);
        foreach ((_, ReadOnlyMemory<Half> vector) in pictures)
        {
            stream.Write(MemoryMarshal.AsBytes(vector.Span));
        }
    }

    private static byte[] Entries(IReadOnlyList<(IndexEntry Entry, ReadOnlyMemory<Half> Vector)> pictures)
    {
        using var entries = new MemoryStream();
        Span<byte> numbers = stackalloc byte[20];
        foreach ((IndexEntry entry, _) in pictures)
        {
            byte[] path = Encoding.UTF8.GetBytes(entry.Path);
            BinaryPrimitives.WriteInt64LittleEndian(numbers, entry.Length);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], entry.Modified);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], path.Length);
            entries.Write(Convert.FromHexString(entry.ContentHash));
            entries.Write(numbers);
            entries.Write(path);
        }

        return entries.ToArray();
    }
}
