using System.Globalization;
using System.Text;

namespace VggTransfer.Cli;

/// <summary>RFC 4180: path, label, f0, f1, ...; numbers in the shortest form that reads back to the same float.</summary>
internal sealed class CsvFeatureWriter : IFeatureWriter
{
    private readonly StreamWriter _writer;

    public CsvFeatureWriter(Stream stream, int dimension)
    {
        _writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = CsvLine.End };
        _writer.Write("path,label");
        for (int i = 0; i < dimension; i++)
        {
            _writer.Write($",f{i.ToString(CultureInfo.InvariantCulture)}");
        }

        _writer.WriteLine();
    }

    public void Add(FeatureRow row)
    {
        _writer.Write(CsvLine.Quote(row.Path));
        _writer.Write(',');
        _writer.Write(CsvLine.Quote(row.Label));
        Span<char> text = stackalloc char[32];
        foreach (float value in row.Values)
        {
            value.TryFormat(text, out int length, provider: CultureInfo.InvariantCulture);
            _writer.Write(',');
            _writer.Write(text[..length]);
        }

        _writer.WriteLine();
    }

    public void Finish() => _writer.Flush();

    public void Dispose() => _writer.Dispose();
}
