using System.Buffers;

namespace VggTransfer.Images;

/// <summary>A file's bytes in a pooled array. The file is closed again by the time this exists.</summary>
/// <remarks>Whoever holds it disposes it, which gives the array back to the pool.</remarks>
internal sealed class FileContent : IDisposable
{
    private const int HeadLength = 256 << 10;

    private readonly int _length;
    private byte[]? _array;

    private FileContent(byte[] array, int length, bool isWhole)
    {
        _array = array;
        _length = length;
        IsWhole = isWhole;
    }

    public ReadOnlyMemory<byte> Memory => new(_array, 0, _length);

    /// <summary>Whether nothing of the file is missing.</summary>
    public bool IsWhole { get; }

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="InvalidImageException">It is longer than the options allow; found before reading where possible.</exception>
    public static FileContent Read(string path, ImageDecodeOptions options) => Read(path, options, int.MaxValue);

    /// <summary>Reads the first 256 KiB, or all of a shorter file.</summary>
    /// <exception cref="InvalidImageException">The file is longer than the options allow.</exception>
    public static FileContent ReadHead(string path, ImageDecodeOptions options) => Read(path, options, HeadLength);

    public void Dispose()
    {
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = null;
        }
    }

    private static FileContent Read(string path, ImageDecodeOptions options, int limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // bufferSize 1 switches FileStream's own buffer off: the reads are large.
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        if (!stream.CanSeek)
        {
            throw new InvalidImageException(path, "is a pipe or a device, not a file", "Name a file.");
        }

        long length = stream.Length;
        ImageInspection.RefuseIfTooLong(length, path, options);
        int wanted = (int)Math.Min(length, limit);
        byte[] array = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, 1));
        try
        {
            int read = stream.ReadAtLeast(array.AsSpan(0, wanted), wanted, throwOnEndOfStream: false);
            return new FileContent(array, read, wanted == length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(array);
            throw;
        }
    }
}
