using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Saves a <see cref="VggModel"/> as a state dict in torch's zip archive, under torchvision's names:
/// <c>torch.load(path, weights_only=True)</c> gives what <c>load_state_dict</c> of torchvision's models takes.
/// </summary>
internal static class PyTorchModelWriter
{
    // torch's own name for the folder where the file has none.
    private const string Folder = "archive";

    /// <summary>
    /// Writes or replaces a file (torch 1.6 and newer read it): first under another name in the same folder, then renamed,
    /// so that a crash never leaves half a model. The same model gives the same bytes. Weights are never copied as a whole.
    /// What travels with them (preprocessing, labels, provenance) is written too, where torch ignores it and
    /// this library finds it again. On Windows, a file that is still mapped by an open model can't be replaced.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="storage">What to store the weights as, rounded to the nearest value; null for as they are.</param>
    /// <param name="cancellationToken">Stops the writing; an existing file stays as it was.</param>
    /// <exception cref="ArgumentException">Labels, ranges or provenance of the model are beyond what a reader accepts; see <see cref="ModelMetadata"/>.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public static void Write(VggModel model, string path, TensorType? storage = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelTensor[] tensors = [.. model.Architecture.Tensors.Select(specification => model.Tensors[specification.Name])];
        ReadOnlyMemory<byte> metadata = ModelMetadataDocument.Write(model);
        AtomicFile.Write(path, stream => Write(stream, tensors, storage, metadata, cancellationToken));
    }

    private static void Write(Stream stream, ModelTensor[] tensors, TensorType? storage, ReadOnlyMemory<byte> metadata, CancellationToken cancellationToken)
    {
        var zip = new ZipWriter(stream);
        Add(zip, "data.pkl", PickleWriter.StateDict(tensors, storage));
        Add(zip, "byteorder", "little"u8.ToArray());
        for (int i = 0; i < tensors.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TensorType type = storage ?? tensors[i].Type;
            zip.Add($"{Folder}/data/{i}", tensors[i].ElementCount * type.ByteSize(), TensorPieces.Of(tensors[i], type));
        }

        // The version of torch's own records (kProducedFileFormatVersion).
        Add(zip, "version", "3\n"u8.ToArray());
        Add(zip, PyTorchArchive.MetadataMember, metadata);
        zip.Finish();
    }

    private static void Add(ZipWriter zip, string name, ReadOnlyMemory<byte> content) => zip.Add($"{Folder}/{name}", content.Length, [content]);
}
