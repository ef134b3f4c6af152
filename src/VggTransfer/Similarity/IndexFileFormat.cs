using System.Text.Json;
using System.Text.Json.Serialization;

namespace VggTransfer.Similarity;

/// <summary>
/// The layout of an index file, all numbers little-endian:
/// <code>
///  0  "VGGTSIM1"
///  8  int32  length of the settings (JSON, UTF-8), which begin at byte 64
/// 12  int32  dimension of the vectors
/// 16  int64  number of pictures
/// 24  int64  length of the entries, which follow the settings
/// 32  int64  where the vectors begin: the next multiple of 64
/// 40  uint32 CRC-32 of bytes 0 to 39, settings and entries
/// 44  zeros to byte 64
/// </code>
/// An entry is SHA-256 (32 bytes), length (int64), time of last writing (int64, ticks), length of the path (int32), path (UTF-8).
/// A vector is as many half-precision numbers as the dimension says, of length 1 together. The last one ends the file.
/// </summary>
internal static class IndexFileFormat
{
    public const string Name = "similar-images index";
    public const int HeaderLength = 64;
    public const int ChecksumPosition = 40;
    public const int Alignment = 64;
    public const int HashLength = 32;
    public const int FixedEntryLength = HashLength + 8 + 8 + 4;
    public const int LongestSettings = 1 << 20;
    public const int LongestPath = 1 << 15;
    public const int LargestDimension = 1 << 20;

    public static ReadOnlySpan<byte> Magic => "VGGTSIM1"u8;

    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    public static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
