using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using VggTransfer.Images;

namespace VggTransfer.Parity.Images;

/// <summary>Reading the goldens' JSON.</summary>
internal static class GoldenJson
{
    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static double? Number(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    public static int[][] Positions(this JsonElement element, string name) =>
        element.Get(name) is { } value ? [.. value.EnumerateArray().Select(p => p.EnumerateArray().Select(i => i.GetInt32()).ToArray())] : [];

    public static string Crc(RgbImage image) => Crc32.HashToUInt32(image.Pixels).ToString("x8", CultureInfo.InvariantCulture);

    public static string Round(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
