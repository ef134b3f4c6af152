using System.Buffers;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace VggTransfer.Files;

/// <summary>
/// Compares a stretch of a file with its checksum in the background, while others open the file by its name, and tells whether
/// all of them saw the same file.
/// </summary>
internal sealed class FileCheck : IDisposable
{
    // Small enough for a processor's cache, so that a large file is read at the speed of memory and takes none.
    private const int BufferBytes = 1 << 18;

    private readonly string _path;
    private readonly uint _expected;
    private readonly (long Length, DateTime Written) _state;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<uint> _checksum;

    /// <param name="path">The file.</param>
    /// <param name="position">Where the stretch begins.</param>
    /// <param name="length">Its length.</param>
    /// <param name="expected">Its CRC-32.</param>
    /// <exception cref="IOException">The file can't be opened.</exception>
    public FileCheck(string path, long position, long length, uint expected)
    {
        _path = path;
        _expected = expected;
        _state = State(path);
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        CancellationToken token = _stop.Token;
        _checksum = Task.Run(() => Checksum(file, position, length, token));
    }

    /// <summary>Waits for the checksum.</summary>
    /// <returns>What is wrong, as the rest of a sentence about the file; null if nothing is.</returns>
    /// <exception cref="IOException">The file can't be read.</exception>
    public string? FindFault() =>
        _checksum.GetAwaiter().GetResult() != _expected ? "it is damaged (its checksum differs); train or copy it again"
        : State(_path) != _state ? "it was replaced while it was being loaded; load it again"
        : null;

    /// <summary>Ends the reading where nobody waits for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _checksum.ContinueWith(_ => _stop.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static (long Length, DateTime Written) State(string path)
    {
        var file = new FileInfo(path);
        return (file.Length, file.LastWriteTimeUtc);
    }

    private static uint Checksum(SafeFileHandle file, long position, long length, CancellationToken token)
    {
        using SafeFileHandle opened = file;
        var checksum = new Crc32();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (length > 0 && !token.IsCancellationRequested)
            {
                int read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(length, buffer.Length)), position);
                if (read == 0)
                {
                    break;
                }

                checksum.Append(buffer.AsSpan(0, read));
                position += read;
                length -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return checksum.GetCurrentHashAsUInt32();
    }
}
