using System.Text.Json.Serialization;

namespace VggTransfer.PretrainedModels;

/// <summary>The JSON of the catalog and of the cache's small files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    WriteIndented = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(CatalogFile))]
[JsonSerializable(typeof(CacheRecord))]
[JsonSerializable(typeof(PartialFileOrigin))]
internal sealed partial class CatalogJson : JsonSerializerContext;
