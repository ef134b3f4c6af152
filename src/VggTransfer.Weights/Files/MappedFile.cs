using System.IO.MemoryMappedFiles;

namespace VggTransfer.Files;

/// <summary>
/// A file whose bytes are looked at where they lie: mapped, not read. Stretches handed out are valid until disposal. The
/// file may be replaced (renamed over) while it is open, but must not be shortened in place.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedViewAccessor? _view;
    private readonly ReadOnlyMemory<byte> _memory;

    private MappedFile(string path, long length, MemoryMappedViewAccessor? view, ReadOnlyMemory<byte> memory)
    {
        Path = path;
        Length = length;
        _view = view;
        _memory = memory;
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes; at least 1.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">What messages call its format.</param>
    /// <param name="share">What others may do with it meanwhile; a file that grows needs <see cref="FileShare.ReadWrite"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is a folder, a pipe, or empty.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static MappedFile Open(string path, string format, FileShare share = FileShare.Read | FileShare.Delete)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new InvalidModelFileException(path, format, "it is a folder, not a file");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, share, bufferSize: 0);
        if (!stream.CanSeek)
        {
            throw new InvalidModelFileException(path, format, "it is a pipe or a device, which can't be mapped; save it as a file first");
        }

        long length = stream.Length;
        if (length == 0)
        {
            throw new InvalidModelFileException(path, format, "it is empty");
        }

        using var map = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new MappedFile(path, length, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), default);
    }

    /// <summary>Shows bytes in memory as a file.</summary>
    /// <param name="content">The whole file; at least one byte.</param>
    /// <param name="path">What messages call it.</param>
    public static MappedFile InMemory(ReadOnlyMemory<byte> content, string path) => new(path, content.Length, view: null, content);

    /// <summary>A stretch of the file, without copying it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The stretch isn't within the file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been disposed.</exception>
    public unsafe ReadOnlyMemory<byte> Slice(long position, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Length - count);
        if (_view is null)
        {
            return _memory.Slice((int)position, count);
        }

        var handle = _view.SafeMemoryMappedViewHandle;
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        return new MappedMemory(handle, (byte*)handle.DangerousGetHandle() + position, count).Memory;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _view?.Dispose();
}
