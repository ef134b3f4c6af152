using System.Text.Json;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Weights;

/// <summary>One case of an <c>expected.json</c>: a file, what must become of it, and the names of the values that its writer computed.</summary>
internal sealed record WeightsGolden
{
    public const string CasesFile = "expected.json";

    /// <summary>The file's name in the folder; for TensorFlow a checkpoint's prefix or a SavedModel's folder.</summary>
    public required string File { get; init; }

    /// <summary><c>read</c>, <c>refuse</c>, <c>read-or-refuse</c> or <c>reference</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The key of the input; null where nothing was computed.</summary>
    public string? Input { get; init; }

    /// <summary>What the keys of the expected values begin with; null where nothing was computed.</summary>
    public string? Golden { get; init; }

    /// <summary>How far a value may lie from the expected one, relative to the largest.</summary>
    public double Tolerance { get; init; } = 1e-4;

    public GoldenArchitecture? Architecture { get; init; }

    /// <exception cref="JsonException">It isn't JSON.</exception>
    /// <exception cref="KeyNotFoundException">A case lacks what every case has.</exception>
    public static IReadOnlyList<WeightsGolden> ReadAll(string folder) => [.. Items(folder).Select(Parse)];

    /// <summary>A folder's cases, to be parsed one by one.</summary>
    /// <exception cref="JsonException">It isn't JSON.</exception>
    /// <exception cref="KeyNotFoundException">There are no cases.</exception>
    public static IReadOnlyList<JsonElement> Items(string folder)
    {
        using JsonDocument document = GoldenJson.Read(Path.Combine(folder, CasesFile));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(item => item.Clone())];
    }

    /// <exception cref="KeyNotFoundException">A case lacks what every case has.</exception>
    /// <exception cref="InvalidOperationException">Something is of another kind than it should be.</exception>
    public static WeightsGolden Parse(JsonElement item) => new()
    {
        File = item.GetProperty("file").GetString() ?? "",
        Outcome = item.GetProperty("outcome").GetString() ?? "",
        Input = Text(item, "input"),
        Golden = Text(item, "golden"),
        Tolerance = item.Number("atol_rtol") ?? 1e-4,
        Architecture = item.TryGetProperty("architecture", out JsonElement architecture) && architecture.ValueKind == JsonValueKind.Object
            ? GoldenArchitecture.Parse(architecture) with { IsBatchNormFolded = HasNoBatchNorm(item) }
            : null,
    };

    /// <summary>Exporters fold batch norm into the convolutions; then the graph's counts of operators have none.</summary>
    private static bool HasNoBatchNorm(JsonElement item) =>
        item.TryGetProperty("graph", out JsonElement graph) && graph.TryGetProperty("ops", out JsonElement operators)
        && operators.ValueKind == JsonValueKind.Object && !operators.TryGetProperty("BatchNormalization", out _);

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
