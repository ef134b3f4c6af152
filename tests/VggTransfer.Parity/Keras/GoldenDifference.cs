using System.Text.Json;
using System.Text.Json.Nodes;

namespace VggTransfer.Parity.Keras;

/// <summary>Compares what was observed with a golden's JSON: numbers to the last bit, texts to the character.</summary>
internal static class GoldenDifference
{
    /// <summary>The first difference; null if there is none. What the golden doesn't hold isn't compared.</summary>
    /// <param name="expected">The golden.</param>
    /// <param name="observed">An object with at least the golden's members.</param>
    /// <param name="path">Where it stands, for the message.</param>
    public static string? Find(JsonElement expected, JsonNode? observed, string path = "")
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object when observed is JsonObject members:
                // History and the like: a member that Keras doesn't have is a difference, too.
                string[] names = [.. expected.EnumerateObject().Select(member => member.Name)];
                if (path.Length > 0 && !names.Order(StringComparer.Ordinal).SequenceEqual(members.Select(member => member.Key).Order(StringComparer.Ordinal)))
                {
                    return $"{path} has {string.Join(",", members.Select(member => member.Key))}, Keras {string.Join(",", names)}";
                }

                return expected.EnumerateObject()
                    .Select(member => members.TryGetPropertyValue(member.Name, out JsonNode? value)
                        ? Find(member.Value, value, path.Length == 0 ? member.Name : $"{path}.{member.Name}")
                        : $"'{member.Name}' of the golden isn't known to this check")
                    .FirstOrDefault(difference => difference is not null);
            case JsonValueKind.Array when observed is JsonArray items:
                JsonElement[] wanted = [.. expected.EnumerateArray()];
                return wanted.Length != items.Count
                    ? $"{path} is {items.ToJsonString()}, Keras {expected.GetRawText().ReplaceLineEndings("")}"
                    : wanted.Select((item, i) => Find(item, items[i], $"{path}[{i}]")).FirstOrDefault(difference => difference is not null);
            default:
                return IsSame(expected, observed) ? null : $"{path} is {observed?.ToJsonString() ?? "null"}, Keras {expected.GetRawText()}";
        }
    }

    /// <summary>Numbers as goldens hold them: those that aren't finite as strings.</summary>
    public static JsonNode Number(double value) => double.IsFinite(value)
        ? JsonValue.Create(value)
        : JsonValue.Create(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

    public static JsonArray Numbers(IEnumerable<double> values) => [.. values.Select(Number)];

    public static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)JsonValue.Create(value))];

    private static bool IsSame(JsonElement expected, JsonNode? observed) => expected.ValueKind switch
    {
        JsonValueKind.Null => observed is null,
        JsonValueKind.Number => observed is JsonValue number && number.GetValueKind() == JsonValueKind.Number && number.Deserialize<double>() == expected.GetDouble(),
        JsonValueKind.String => observed is JsonValue text && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>() == expected.GetString(),
        JsonValueKind.True or JsonValueKind.False => observed is JsonValue flag && flag.GetValueKind() == expected.ValueKind,
        _ => false,
    };
}
