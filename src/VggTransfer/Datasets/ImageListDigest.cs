using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VggTransfer.Datasets;

/// <summary>What a training goes on with must be the images that it began with: a hash of their classes, names and sizes, in their order.</summary>
public static class ImageListDigest
{
    /// <summary>A SHA-256 hash, 32 bytes.</summary>
    /// <param name="training">The images that train.</param>
    /// <param name="validation">The images that judge.</param>
    /// <exception cref="IOException">A file isn't there any more.</exception>
    public static byte[] Of(IEnumerable<LabeledImage> training, IEnumerable<LabeledImage> validation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in training.Select(Line).Append("--").Concat(validation.Select(Line)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }

        return hash.GetHashAndReset();
    }

    private static string Line(LabeledImage image) =>
        string.Create(CultureInfo.InvariantCulture, $"{image.Label}/{Path.GetFileName(image.Path)}:{new FileInfo(image.Path).Length}");
}
