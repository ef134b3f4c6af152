using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>What <c>torch.save</c> writes: a zip archive, or the pickle of versions before 1.6.</summary>
internal sealed class PyTorchFormat : IWeightsFormat
{
    private static readonly string[] s_archives = [".pth", ".pt", ".pth.tar", ".pt.tar", ".bin", ".ckpt"];

    public WeightsFormat Id => WeightsFormat.PyTorch;

    public string Name => "PyTorch's .pth and .pt";

    public IReadOnlyList<string> Extensions { get; } = [".pth", ".pt"];

    public IReadOnlyList<string> WrittenExtensions => Extensions;

    public bool LooksLike(ReadOnlySpan<byte> head, string path)
    {
        if (LegacyPyTorchFile.HasMagicNumber(head))
        {
            return true;
        }

        if (!head.StartsWith("PK"u8))
        {
            return false;
        }

        try
        {
            using MappedFile file = MappedFile.Open(path, PyTorchModelReader.FormatName);
            return PyTorchArchive.IsArchiveOfTorch(ZipDirectory.Read(file, PyTorchModelReader.FormatName));
        }
        catch (InvalidModelFileException)
        {
            // Cut off, so only its name is left to go by.
            return s_archives.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
        }
    }

    public WeightsContent Read(string path, WeightsReadOptions options) => PyTorchModelReader.Read(path);

    public void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken) =>
        PyTorchModelWriter.Write(model, path, options.Storage, cancellationToken);
}
