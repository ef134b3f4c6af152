using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using VggTransfer.Models;
using VggTransfer.Safetensors;

namespace VggTransfer.Files;

/// <summary>
/// A file mapped for reading: its bytes cost memory only while they are looked at, and the system may drop them again.
/// Slices are valid until disposal.
/// </summary>
internal sealed class FileMapping : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;

    private FileMapping(string path, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _view = view;
        Length = length;
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>How many bytes the file had when it was mapped.</summary>
    public long Length { get; }

    /// <summary>Maps a file that isn't empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">What messages call its format.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is empty, a folder, or nothing that can be mapped.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileMapping Open(string path, string format)
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

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
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
        return new FileMapping(path, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
    }

    /// <summary>A stretch of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It doesn't lie within the file.</exception>
    public unsafe ReadOnlyMemory<byte> Slice(long position, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Length - count);
        SafeMemoryMappedViewHandle handle = _view.SafeMemoryMappedViewHandle;
        return new MappedMemory(handle, (byte*)handle.DangerousGetHandle() + position, count).Memory;
    }

    /// <inheritdoc/>
    public void Dispose() => _view.Dispose();
}
