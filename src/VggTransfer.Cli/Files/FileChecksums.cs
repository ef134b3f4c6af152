using System.Security.Cryptography;

namespace VggTransfer.Cli;

/// <summary>What a file is compared by with what others published.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hexadecimal digits in lower case.</param>
/// <param name="Md5">32 hexadecimal digits in lower case.</param>
internal sealed record FileChecksums(long Bytes, string Sha256, string Md5)
{
    /// <summary>Reads a file.</summary>
    public static FileChecksums Of(string path, CancellationToken cancellationToken)
    {
        using FileStream stream = File.OpenRead(path);
        byte[] sha256 = CryptographicOperations.HashDataAsync(HashAlgorithmName.SHA256, stream, cancellationToken).AsTask().GetAwaiter().GetResult();
        stream.Position = 0;
        byte[] md5 = CryptographicOperations.HashDataAsync(HashAlgorithmName.MD5, stream, cancellationToken).AsTask().GetAwaiter().GetResult();
        return new FileChecksums(stream.Length, Convert.ToHexStringLower(sha256), Convert.ToHexStringLower(md5));
    }
}
