using System.Security.Cryptography;

namespace VggTransfer.PretrainedModels;

/// <summary>What identifies a file's content.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hexadecimal digits in lower case.</param>
/// <param name="Md5">32 hexadecimal digits in lower case.</param>
public sealed record FileHashes(long Bytes, string Sha256, string Md5)
{
    private const int BufferSize = 1 << 20;

    /// <summary>Reads a file once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes read so far; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static async Task<FileHashes> OfAsync(string path, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        byte[] buffer = new byte[BufferSize];
        long total = 0;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            sha256.AppendData(buffer, 0, read);
            md5.AppendData(buffer, 0, read);
            total += read;
            progress?.Invoke(total);
        }

        return new FileHashes(total, Convert.ToHexStringLower(sha256.GetHashAndReset()), Convert.ToHexStringLower(md5.GetHashAndReset()));
    }

    /// <summary>How the file differs from what was published, as the rest of a sentence; null if it doesn't.</summary>
    internal string? Fault(PretrainedEntry entry)
    {
        if (entry.Bytes is { } bytes && bytes != Bytes)
        {
            return $"the file has {Bytes:N0} bytes, and {bytes:N0} were published";
        }

        (string Kind, string? Published, string Own)[] checks =
        [
            ("sha256", entry.Sha256, Sha256),
            ("sha256", entry.Sha256Prefix, Sha256[..(entry.Sha256Prefix?.Length ?? 0)]),
            ("md5", entry.Md5, Md5),
        ];
        foreach ((string kind, string? published, string own) in checks)
        {
            if (published is not null && published != own)
            {
                return $"the file's {kind} is {own}, and {published} was published, so it is damaged or another file";
            }
        }

        return null;
    }
}
