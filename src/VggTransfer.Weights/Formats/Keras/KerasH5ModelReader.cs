using VggTransfer.Architectures;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Reads Keras's HDF5 files: whole models and weights-only files (<c>.h5</c>) of Keras 1 to 3, and <c>.weights.h5</c>.</summary>
internal static class KerasH5ModelReader
{
    /// <summary>Reads the network; the file is closed again, the weights are copies.</summary>
    /// <inheritdoc cref="IWeightsFormat.Read"/>
    internal static WeightsContent Read(string path, WeightsReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = Hdf5File.Open(path);
        return Read(file, path, options);
    }

    /// <summary>Reads the network of an open file.</summary>
    internal static WeightsContent Read(Hdf5File file, string path, WeightsReadOptions? options)
    {
        if (!KerasLegacyLayers.IsPresent(file) && file.Root.Attributes.ContainsKey("nb_layers"))
        {
            throw file.Fault("it is of Keras before 1.0, whose layers have no names; load it in an old Keras and save it again");
        }

        KerasContent content = KerasLegacyLayers.IsPresent(file) ? KerasLegacyLayers.Read(file, path) : Keras3Layers.Read(file, config: null);
        if (KerasMetadata.Read(file, path) is not { } metadata)
        {
            return KerasChain.Read(content, file, WeightsFormat.KerasH5, options ?? new WeightsReadOptions());
        }

        VggArchitecture own = metadata.Architecture;
        var known = new WeightsReadOptions { FifthPool = own.FifthPool, InputSize = own.InputSize };
        WeightsContent read = KerasChain.Read(content, file, WeightsFormat.KerasH5, known, own.BatchNormEpsilon);
        return read.Model.Architecture.FifthPool == own.FifthPool
            ? read with { Model = metadata.CreateModel(read.Model.Tensors.Values, owner: null, path, Hdf5File.FormatName) }
            : throw file.Fault("its metadata and its layers contradict each other about the fifth pool; the file is damaged");
    }
}
