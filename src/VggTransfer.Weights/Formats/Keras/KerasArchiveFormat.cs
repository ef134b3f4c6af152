using System.IO.Compression;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Keras 3's zip archive, <c>.keras</c>.</summary>
internal sealed class KerasArchiveFormat : IWeightsFormat
{
    public WeightsFormat Id => WeightsFormat.Keras;

    public string Name => "Keras's .keras";

    public IReadOnlyList<string> Extensions { get; } = [".keras"];

    public bool LooksLike(ReadOnlySpan<byte> head, string path)
    {
        if (!head.StartsWith("PK\x03\x04"u8))
        {
            return false;
        }

        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            return archive.Entries.Any(entry => entry.FullName is KerasArchiveReader.Config or "metadata.json" || entry.FullName.EndsWith(KerasArchiveReader.Weights, StringComparison.Ordinal));
        }
        catch (InvalidDataException)
        {
            // PyTorch's archives begin alike; whose damaged one this is, its name tells.
            return path.EndsWith(".keras", StringComparison.OrdinalIgnoreCase);
        }
    }

    public WeightsContent Read(string path, WeightsReadOptions options) => KerasArchiveReader.Read(path, options);
}
