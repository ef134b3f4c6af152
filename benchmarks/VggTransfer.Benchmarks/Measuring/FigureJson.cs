using System.Text.Json;

namespace VggTransfer.Benchmarks.Measuring;

/// <summary>Figures for programs: a JSON list of name, ours, peer, ratio, unit.</summary>
internal static class FigureJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
    };

    public static string Serialize(IEnumerable<Figure> figures) => JsonSerializer.Serialize(
        figures.Select(figure => new { figure.Name, figure.Ours, figure.Peer, Ratio = figure.Ratio.Median, Unit = figure.Unit.Text }), s_options);
}
