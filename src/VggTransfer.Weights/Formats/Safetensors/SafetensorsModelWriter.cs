using VggTransfer.Models;

using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>Saves a <see cref="VggModel"/> as a safetensors file, with all that travels with it under <c>__metadata__</c>.</summary>
internal static class SafetensorsModelWriter
{
    /// <summary>
    /// Writes or replaces a file: first under another name in the same folder, then renamed, so that a crash never leaves
    /// half a model. The same model gives the same bytes. Weights are never copied as a whole, also where
    /// <paramref name="storage"/> makes it convert them. On Windows, a file that is still mapped by an open model can't be replaced.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="storage">What to store the weights as, rounded to the nearest value; null for as they are.</param>
    /// <param name="cancellationToken">Stops the writing; an existing file stays as it was.</param>
    /// <exception cref="ArgumentException">Labels, ranges or provenance of the model are beyond what a reader accepts; see <see cref="ModelMetadata"/>.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    public static void Write(VggModel model, string path, TensorType? storage = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelTensor[] tensors = [.. model.Architecture.Tensors.Select(specification => model.Tensors[specification.Name])];
        var metadata = new Dictionary<string, string>(ModelMetadata.Of(model).ToDictionary(), StringComparer.Ordinal)
        {
            // Tells Hugging Face's loaders that names and layouts are PyTorch's.
            ["format"] = "pt",
        };
        AtomicFile.Write(path, stream => SafetensorsWriter.Write(stream, tensors, storage, metadata, cancellationToken));
    }
}
