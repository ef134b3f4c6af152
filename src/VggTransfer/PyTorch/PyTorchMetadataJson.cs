using System.Text.Json.Serialization;

namespace VggTransfer.PyTorch;

/// <summary>The JSON of <see cref="PyTorchArchive.MetadataMember"/>: one flat map of texts.</summary>
[JsonSourceGenerationOptions(AllowDuplicateProperties = false, MaxDepth = 2)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class PyTorchMetadataJson : JsonSerializerContext;
