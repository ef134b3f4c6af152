using System.Security.Cryptography;

namespace VggTransfer.Datasets;

/// <summary>
/// Finds files to validate on that are to be learnt from as well, byte for byte. Only files of equal length are read, so looking
/// costs next to nothing where there are none.
/// </summary>
internal static class LeakedFiles
{
    /// <summary>Those of the validation files whose bytes a training file has, too.</summary>
    /// <param name="training">Files to learn from.</param>
    /// <param name="validation">Files to validate on.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    public static IReadOnlyList<string> Find(IEnumerable<string> training, IEnumerable<string> validation, CancellationToken cancellationToken)
    {
        ILookup<long, string> byLength = training.ToLookup(Length);
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        return [.. validation.Where(path => Length(path) is > 0 and long length && byLength[length].Any(other => Hash(other) == Hash(path)))];

        string Hash(string path)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!hashes.TryGetValue(path, out string? hash))
            {
                using FileStream stream = File.OpenRead(path);
                hash = Convert.ToHexString(SHA256.HashData(stream));
                hashes.Add(path, hash);
            }

            return hash;
        }
    }

    private static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }
}
