using System.Text.Json;
using VggTransfer.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.KerasFiles;

/// <summary>What travels with a model, in a file of Keras's that this library wrote: a JSON object in a dataset of bytes.</summary>
internal static class KerasMetadata
{
    /// <summary>The dataset's name, in the root.</summary>
    public const string DatasetName = "vggtransfer";

    /// <summary>The dataset's bytes.</summary>
    /// <exception cref="ArgumentException">A fact is out of bounds, so that no reader would take it.</exception>
    public static byte[] ToBytes(VggModel model)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string key, string value) in ModelMetadata.Of(model).ToDictionary())
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Reads the facts; null where another program wrote the file.</summary>
    /// <exception cref="InvalidModelFileException">They are damaged.</exception>
    public static ModelMetadata? Read(Hdf5File file, string path)
    {
        if (!file.Root.Names.Contains(DatasetName) || file.Root.Find(DatasetName) is not Hdf5Dataset { Type: { Class: Hdf5Class.FixedPoint, Size: 1 } } dataset)
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(dataset.Read().ToMemory(), new JsonDocumentOptions { MaxDepth = 2 });
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                values[property.Name] = property.Value.GetString() ?? "";
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw file.Fault($"its dataset '{DatasetName}' isn't JSON of strings; the file is damaged");
        }

        return ModelMetadata.IsPresent(values) ? ModelMetadata.Parse(values, path, Hdf5File.FormatName) : null;
    }
}
