using System.Globalization;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>A row for each image: path,label,probability,label2,probability2,...,novelty,unknown,error.</summary>
internal sealed class CsvPredictions : IPredictionReport
{
    private readonly TextWriter _writer;
    private readonly int _top;

    public CsvPredictions(TextWriter writer, int top)
    {
        _writer = writer;
        _top = top;
        IEnumerable<string> columns = ["path", .. Enumerable.Range(1, top).Select(k => k == 1 ? "label,probability" : $"label{k},probability{k}"), "novelty", "unknown", "error"];
        _writer.Write(string.Join(',', columns) + CsvLine.End);
    }

    public bool IsStreamed => true;

    public void Add(ImagePrediction prediction) => Write(
    [
        prediction.Name,
        .. Enumerable.Range(0, _top).SelectMany(k => k < prediction.Classes.Count
            ? new[] { prediction.Classes[k].Label, ((float)prediction.Classes[k].Probability).ToString(CultureInfo.InvariantCulture) }
            : ["", ""]),
        prediction.Novelty is { } novelty ? ((float)novelty).ToString(CultureInfo.InvariantCulture) : "",
        prediction.Novelty is null ? "" : prediction.IsUnknown ? "true" : "false",
        prediction.Error ?? "",
    ]);

    public void Finish()
    {
    }

    private void Write(IEnumerable<string> fields) => _writer.Write(CsvLine.Join(fields) + CsvLine.End);
}
