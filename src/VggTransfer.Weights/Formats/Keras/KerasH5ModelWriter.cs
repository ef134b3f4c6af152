using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// Saves a <see cref="VggModel"/> as Keras's weights-only <c>.h5</c>, which <c>load_weights</c> of Keras 2 and 3 reads into
/// <c>keras.applications.VGG16</c> and <c>VGG19</c> or a model of the same layers.
/// </summary>
/// <remarks>
/// Layers and weights have the names of keras.applications (<c>block1_conv1/kernel:0</c>). With batch norm each convolution is
/// followed by <c>..._bn</c> and <c>..._relu</c>. What else travels with a model lies in a dataset <c>vggtransfer</c>, which
/// Keras doesn't look at.
/// </remarks>
internal static class KerasH5ModelWriter
{
    /// <summary>
    /// Writes or replaces a file: first under another name in the same folder, then renamed, so that a crash never leaves
    /// half a model. The same model gives the same bytes. Dense kernels are turned piece by piece, so that little more memory
    /// is needed than the largest convolution's.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="storage">
    /// What to store the weights as, float32 or float16, rounded to the nearest value; null for as they are, bfloat16 widened
    /// to float32, which loses nothing.
    /// </param>
    /// <param name="cancellationToken">Stops the writing; an existing file stays as it was.</param>
    /// <exception cref="ArgumentException"><paramref name="storage"/> is bfloat16, which such files can't hold, or facts of the model are beyond what a reader accepts; see <see cref="ModelMetadata"/>.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    public static void Write(VggModel model, string path, TensorType? storage = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (storage == TensorType.BFloat16)
        {
            throw new ArgumentException("A Keras .h5 file holds no bfloat16 that Keras could load; store float32 or float16.", nameof(storage));
        }

        KerasLegacyWriter writer = Plan(model, storage);
        AtomicFile.Write(path, stream => writer.WriteTo(stream, cancellationToken));
    }

    /// <summary>The layers in Keras's order, and what goes into their datasets.</summary>
    private static KerasLegacyWriter Plan(VggModel model, TensorType? storage)
    {
        var writer = new KerasLegacyWriter();
        writer.AddLayer("input_1", []);
        int? firstDense = null;
        foreach (VggLayer layer in model.Architecture.Layers.Where(layer => layer.Kind != VggLayerKind.Dropout))
        {
            bool behindMap = layer.Kind == VggLayerKind.Dense && firstDense is null;
            firstDense = behindMap ? model.Architecture.BlockWidth(5) : firstDense;
            writer.AddLayer(layer.Name, [.. layer.Tensors.Select((tensor, i) => Weight($"{layer.Name}/{Role(layer, i)}:0", model.Tensors[tensor.Name], storage, behindMap && i == 0 ? firstDense : null))]);
            if (layer.Kind == VggLayerKind.BatchNormalization)
            {
                writer.AddLayer(layer.Name.Replace("_bn", "_relu", StringComparison.Ordinal), []);
            }
        }

        writer.AddBytes(KerasMetadata.DatasetName, KerasMetadata.ToBytes(model));
        return writer;
    }

    private static string Role(VggLayer layer, int index) => layer.Kind == VggLayerKind.BatchNormalization
        ? new[] { KerasRoles.Gamma, KerasRoles.Beta, KerasRoles.MovingMean, KerasRoles.MovingVariance }[index]
        : new[] { KerasRoles.Kernel, KerasRoles.Bias }[index];

    private static KerasWeight Weight(string name, ModelTensor tensor, TensorType? storage, int? mapChannels)
    {
        TensorType type = storage ?? (tensor.Type == TensorType.Float16 ? TensorType.Float16 : TensorType.Float32);
        IReadOnlyList<int> shape = KerasKernel.KerasShape(tensor.Shape);
        return type == TensorType.Float16
            ? new KerasWeight<Half>(name, shape, KerasKernel.Pieces<Half>(tensor, mapChannels))
            : new KerasWeight<float>(name, shape, KerasKernel.Pieces<float>(tensor, mapChannels));
    }
}
