using System.Text.Json;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>What travels with a model, in a file of Keras's that this library wrote: a JSON object in a dataset of bytes.</summary>
internal static class KerasMetadata
{
    /// <summary>The dataset's name, in the root.</summary>
    public const string DatasetName = "vggtransfer";

    /// <summary>The dataset's bytes.</summary>
    /// <exception cref="ArgumentException">A fact is out of bounds, so that no reader would take it.</exception>
    public static byte[] ToBytes(VggModel model) => ModelMetadataDocument.Write(model);

    /// <summary>Reads the facts; null where another program wrote the file.</summary>
    /// <exception cref="InvalidModelFileException">They are damaged.</exception>
    public static ModelMetadata? Read(Hdf5File file, string path)
    {
        if (!file.Root.Names.Contains(DatasetName) || file.Root.Find(DatasetName) is not Hdf5Dataset { Type: { Class: Hdf5Class.FixedPoint, Size: 1 } } dataset)
        {
            return null;
        }

        IReadOnlyDictionary<string, string> values = Texts(dataset) ?? throw file.Fault($"its dataset '{DatasetName}' isn't JSON of strings; the file is damaged");
        return ModelMetadata.IsPresent(values) ? ModelMetadata.Parse(values, path, Hdf5File.FormatName) : null;
    }

    private static IReadOnlyDictionary<string, string>? Texts(Hdf5Dataset dataset)
    {
        try
        {
            return ModelMetadataDocument.Read(dataset.Read().ToMemory().Span);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
