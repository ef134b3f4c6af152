using System.Text.Json;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>Every comparison that a folder of Keras's goldens allows; what isn't there isn't compared.</summary>
public static class KerasParity
{
    public static IReadOnlyList<ParityCase> Check(string folder) =>
    [
        .. TrainingCaseParity.Check(folder),
        .. NotebookParity.Check(folder),
        .. ScheduleParity.Check(folder),
        .. SummaryParity.Check(folder),
        .. CallbackParity.Check(folder),
        .. FitParity.Check(folder),
        .. ProgressParity.Check(folder),
        .. FileListingParity.Check(folder),
    ];

    /// <summary>Each case of a file that holds them under <c>cases</c>; one that can't be run has failed.</summary>
    internal static IReadOnlyList<ParityCase> CasesOf(string folder, string file, Func<JsonElement, string, ParityCase> compare) =>
        WithFile(folder, file, root => root.GetProperty("cases").EnumerateArray().Select((golden, i) =>
        {
            string name = $"{file} {golden.Text("name") ?? $"case {i}"}";
            return ParityCase.Run(name, () => compare(golden, name));
        }));

    /// <summary>What a file's comparisons give; nothing if it isn't there, and one failed case if it can't be read.</summary>
    internal static IReadOnlyList<ParityCase> WithFile(string folder, string file, Func<JsonElement, IEnumerable<ParityCase>> compare)
    {
        string path = Path.Combine(folder, file);
        return !File.Exists(path) ? [] : ParityCase.RunAll(file, () =>
        {
            using JsonDocument document = GoldenJson.Read(path);
            return [.. compare(document.RootElement)];
        });
    }
}
