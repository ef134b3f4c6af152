using System.Text.Json;
using System.Text.Json.Serialization;

namespace VggTransfer.Models;

/// <summary>
/// <see cref="ModelMetadata"/> as a document of its own, for formats that have no place for texts: a JSON object of texts.
/// </summary>
[JsonSourceGenerationOptions(AllowDuplicateProperties = false, MaxDepth = 2)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ModelMetadataDocument : JsonSerializerContext
{
    /// <summary>Writes what travels with a model.</summary>
    /// <exception cref="ArgumentException">A fact is out of bounds, so that no reader would take it.</exception>
    public static byte[] Write(VggModel model) =>
        JsonSerializer.SerializeToUtf8Bytes(ModelMetadata.Of(model).ToDictionary(), Default.IReadOnlyDictionaryStringString);

    /// <summary>The texts; null where the document isn't an object of texts.</summary>
    /// <exception cref="JsonException">It isn't sound JSON, is nested, or has a name twice.</exception>
    public static IReadOnlyDictionary<string, string>? Read(ReadOnlySpan<byte> json)
    {
        Dictionary<string, string>? values = JsonSerializer.Deserialize(json, Default.DictionaryStringString);
        return values?.ContainsValue(null!) == false ? values : null;
    }
}
