using PureHDF;
using PureHDF.Selections;
using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.KerasFiles;

/// <summary>
/// Saves a <see cref="VggModel"/> as Keras's weights-only <c>.h5</c>, which <c>load_weights</c> of Keras 2 and 3 reads into
/// <c>keras.applications.VGG16</c> and <c>VGG19</c> or a model of the same layers.
/// </summary>
/// <remarks>
/// Layers and weights have the names of keras.applications (<c>block1_conv1/kernel:0</c>). With batch norm each convolution is
/// followed by <c>..._bn</c> and <c>..._relu</c>. What else travels with a model lies in a dataset <c>vggtransfer</c>, which
/// Keras doesn't look at.
/// </remarks>
public static class KerasH5ModelWriter
{
    // What load_weights goes by: files without a version are taken for Keras 1, whose layouts it converts.
    private const string KerasVersion = "2.15.0";
    private const string Backend = "tensorflow";

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

        var plan = new Plan(model, storage);
        AtomicFile.Write(path, stream => plan.WriteTo(stream, cancellationToken));
    }

    /// <summary>The file's groups, and what goes into its datasets.</summary>
    private sealed class Plan
    {
        private readonly VggModel _model;
        private readonly TensorType? _storage;
        private readonly H5File _file = new();
        private readonly List<Action<H5NativeWriter>> _data = [];
        private int _longestName;

        public Plan(VggModel model, TensorType? storage)
        {
            _model = model;
            _storage = storage;
            var names = new List<string>();
            AddLayer(names, "input_1", []);
            int? firstDense = null;
            foreach (VggLayer layer in model.Architecture.Layers.Where(layer => layer.Kind != VggLayerKind.Dropout))
            {
                bool behindMap = layer.Kind == VggLayerKind.Dense && firstDense is null;
                firstDense = behindMap ? model.Architecture.BlockWidth(5) : firstDense;
                AddLayer(names, layer.Name, [.. layer.Tensors.Select((tensor, i) => (Role(layer, i), model.Tensors[tensor.Name], behindMap && i == 0 ? firstDense : null))]);
                if (layer.Kind == VggLayerKind.BatchNormalization)
                {
                    AddLayer(names, layer.Name.Replace("_bn", "_relu", StringComparison.Ordinal), []);
                }
            }

            _file.Attributes["layer_names"] = names.ToArray();
            _file.Attributes["backend"] = Backend;
            _file.Attributes["keras_version"] = KerasVersion;
            _file[KerasMetadata.DatasetName] = KerasMetadata.ToBytes(model);
        }

        public void WriteTo(Stream stream, CancellationToken cancellationToken)
        {
            // Strings of a fixed length, as h5py writes Keras's lists of bytes: Keras before 2.4 decodes nothing else. One more
            // byte than the longest name takes for the zero behind it.
            var options = new H5WriteOptions(DefaultStringLength: _longestName + 1, PreferCompactDatasetLayout: false);
            using H5NativeWriter writer = _file.BeginWrite(stream, options);
            foreach (Action<H5NativeWriter> write in _data)
            {
                cancellationToken.ThrowIfCancellationRequested();
                write(writer);
            }
        }

        private static string Role(VggLayer layer, int index) => layer.Kind == VggLayerKind.BatchNormalization
            ? new[] { KerasRoles.Gamma, KerasRoles.Beta, KerasRoles.MovingMean, KerasRoles.MovingVariance }[index]
            : new[] { KerasRoles.Kernel, KerasRoles.Bias }[index];

        private void AddLayer(List<string> names, string name, (string Role, ModelTensor Tensor, int? MapChannels)[] weights)
        {
            names.Add(name);
            var group = new H5Group();
            _file[name] = group;
            string[] weightNames = [.. weights.Select(weight => $"{name}/{weight.Role}:0")];
            _longestName = Math.Max(_longestName, weightNames.Append(name).Max(text => text.Length));

            // As h5py stores an empty list.
            group.Attributes["weight_names"] = weightNames.Length == 0 ? Array.Empty<double>() : weightNames;
            if (weights.Length == 0)
            {
                return;
            }

            var inner = new H5Group();
            group[name] = inner;
            foreach ((string role, ModelTensor tensor, int? mapChannels) in weights)
            {
                TensorType type = _storage ?? (tensor.Type == TensorType.Float16 ? TensorType.Float16 : TensorType.Float32);
                inner[$"{role}:0"] = type == TensorType.Float16
                    ? Dataset<Half>(tensor, mapChannels)
                    : Dataset<float>(tensor, mapChannels);
            }
        }

        private H5Dataset<Memory<T>> Dataset<T>(ModelTensor tensor, int? mapChannels)
            where T : unmanaged
        {
            ulong[] dimensions = [.. KerasKernel.KerasShape(tensor.Shape).Select(dimension => (ulong)dimension)];
            var dataset = new H5Dataset<Memory<T>>(dimensions);
            _data.Add(writer =>
            {
                foreach ((int start, int count, Memory<T> values) in KerasKernel.Pieces<T>(tensor, mapChannels))
                {
                    ulong[] starts = new ulong[dimensions.Length];
                    starts[0] = (ulong)start;
                    writer.Write(dataset, values, fileSelection: new HyperslabSelection(dimensions.Length, starts, [(ulong)count, .. dimensions[1..]]));
                }
            });
            return dataset;
        }
    }
}
