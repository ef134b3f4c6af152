using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Images;

namespace VggTransfer.Parity.Images;

/// <summary>Reading the goldens' JSON.</summary>
internal static partial class GoldenJson
{
    /// <summary>Reads a file; NaN and infinities may be text, or bare words as Python's json module writes them.</summary>
    /// <exception cref="JsonException">It isn't JSON.</exception>
    public static JsonDocument Read(string path) => JsonDocument.Parse(BareNumber().Replace(File.ReadAllText(path), word => word.Value[0] == '"' ? word.Value : $"\"{word.Value}\""));

    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A member that is a number; null if there is none.</summary>
    public static double? Number(this JsonElement element, string name) => element.Get(name) is { } value && IsNumber(value) ? value.ToNumber() : null;

    /// <summary>A number, or the text that stands for one that isn't finite.</summary>
    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static double ToNumber(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            { } text => throw new InvalidDataException($"'{text}' stands where a number is expected."),
            null => double.NaN,
        },
        _ => throw new InvalidDataException($"{value.GetRawText()} stands where a number is expected."),
    };

    /// <summary>The numbers of an array.</summary>
    public static double[] Numbers(this JsonElement element, string name) =>
        [.. (element.Get(name) ?? throw new InvalidDataException($"The golden has no '{name}'.")).EnumerateArray().Select(value => value.ToNumber())];

    /// <summary>Whether it is a number, or text that stands for one.</summary>
    public static bool IsNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number || (value.ValueKind == JsonValueKind.String && value.GetString() is "NaN" or "Infinity" or "-Infinity");

    public static int[][] Positions(this JsonElement element, string name) =>
        element.Get(name) is { } value ? [.. value.EnumerateArray().Select(p => p.EnumerateArray().Select(i => i.GetInt32()).ToArray())] : [];

    public static string Crc(RgbImage image) => Crc32.HashToUInt32(image.Pixels).ToString("x8", CultureInfo.InvariantCulture);

    public static string Round(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    // Texts are matched, too, so that a word within one is left alone.
    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?Infinity|NaN
        """)]
    private static partial Regex BareNumber();
}
