using System.Text.Json.Serialization;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.PretrainedModels;

/// <summary>The catalog's file.</summary>
internal sealed record CatalogFile
{
    public required int FormatVersion { get; init; }

    public required CatalogFileEntry[] Entries { get; init; }
}

/// <summary>An entry of the catalog's file; every member is required, and null where nobody published it.</summary>
internal sealed record CatalogFileEntry
{
    public required string Name { get; init; }

    public required string File { get; init; }

    public required Uri Address { get; init; }

    public required WeightsFormat Format { get; init; }

    public required long? Bytes { get; init; }

    public required string? Sha256 { get; init; }

    [JsonPropertyName("sha256_prefix")]
    public required string? Sha256Prefix { get; init; }

    public required string? Md5 { get; init; }

    public required string? Licence { get; init; }

    public required PreprocessingFamily Preprocessing { get; init; }

    public required VggConfiguration Configuration { get; init; }

    public required bool IncludeTop { get; init; }

    public required string[]? Labels { get; init; }

    [JsonPropertyName("top1_accuracy")]
    public required double? Top1Accuracy { get; init; }

    [JsonPropertyName("top5_accuracy")]
    public required double? Top5Accuracy { get; init; }

    public required Uri? Source { get; init; }

    public required string? Note { get; init; }

    public PretrainedEntry ToEntry() => new()
    {
        Name = Name,
        File = File,
        Address = Address,
        Format = Format,
        Bytes = Bytes,
        Sha256 = Sha256,
        Sha256Prefix = Sha256Prefix,
        Md5 = Md5,
        Licence = Licence,
        Preprocessing = Preprocessing,
        Architecture = new VggArchitecture { Configuration = Configuration, IncludeTop = IncludeTop },
        Labels = Labels,
        Top1Accuracy = Top1Accuracy,
        Top5Accuracy = Top5Accuracy,
        Source = Source,
        Note = Note,
    };
}
