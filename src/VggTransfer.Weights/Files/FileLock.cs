namespace VggTransfer.Files;

/// <summary>
/// A lock that only one holder on this machine has at a time, in whatever process or task. The system itself releases it
/// when a process dies, so no lock is ever stale. The file stays behind, empty: deleting it would let two holders in, one
/// on the deleted file and one on a new one.
/// </summary>
public sealed class FileLock : IDisposable
{
    // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION; EAGAIN (= EWOULDBLOCK, what flock says) on Linux and on macOS.
    private static readonly int[] s_held = OperatingSystem.IsWindows() ? [unchecked((int)0x80070020), unchecked((int)0x80070021)] : [11, 35];

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock; null if somebody has it.</summary>
    /// <exception cref="IOException">The file can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static FileLock? TryTake(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException exception) when (s_held.Contains(exception.HResult))
        {
            return null;
        }
    }

    /// <summary>Takes the lock, waiting as long as somebody has it.</summary>
    /// <param name="path">The lock's file; its folder must exist.</param>
    /// <param name="waiting">Called once, before the first wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<FileLock> TakeAsync(string path, Action waiting, CancellationToken cancellationToken)
    {
        bool told = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (!told)
            {
                told = true;
                waiting();
            }

            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _stream.Dispose();
}
