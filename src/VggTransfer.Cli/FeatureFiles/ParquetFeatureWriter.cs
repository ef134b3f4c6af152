using Parquet;
using Parquet.Schema;

namespace VggTransfer.Cli;

/// <summary>Parquet: columns path and label (text) and features (a list of float for each row), in row groups of bounded size.</summary>
internal sealed class ParquetFeatureWriter : IFeatureWriter
{
    // 32 MiB of floats: large enough to read fast, small enough to hold.
    private const int ValuesPerGroup = 8 << 20;
    private const int LargestGroup = 10_000;

    private static readonly DataField<string> s_path = new("path", false);
    private static readonly DataField<string> s_label = new("label", false);
    private static readonly DataField<float> s_element = new("element", false);
    private static readonly ParquetSchema s_schema = new(s_path, s_label, new ListField("features", s_element));

    private readonly ParquetWriter _writer;
    private readonly List<FeatureRow> _group = [];
    private readonly int _dimension;
    private readonly int _rowsPerGroup;

    public ParquetFeatureWriter(Stream stream, int dimension)
    {
        _dimension = dimension;
        _rowsPerGroup = Math.Clamp(ValuesPerGroup / dimension, 1, LargestGroup);
        _writer = ParquetWriter.CreateAsync(s_schema, stream).GetAwaiter().GetResult();
    }

    public void Add(FeatureRow row)
    {
        _group.Add(row);
        if (_group.Count == _rowsPerGroup)
        {
            WriteGroup();
        }
    }

    public void Finish()
    {
        if (_group.Count > 0)
        {
            WriteGroup();
        }

        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Nothing to release: an unfinished file has no footer, and is thrown away.</summary>
    public void Dispose() => _group.Clear();

    private void WriteGroup()
    {
        float[] values = new float[_group.Count * _dimension];
        int[] levels = new int[values.Length];
        Array.Fill(levels, 1);
        for (int i = 0; i < _group.Count; i++)
        {
            _group[i].Values.CopyTo(values, i * _dimension);

            // Repetition level 0 begins a row.
            levels[i * _dimension] = 0;
        }

        using ParquetRowGroupWriter group = _writer.CreateRowGroup();
        group.WriteAsync(s_path, _group.ConvertAll(row => row.Path)).GetAwaiter().GetResult();
        group.WriteAsync(s_label, _group.ConvertAll(row => row.Label)).GetAwaiter().GetResult();

        // Every list is there, and so is every element.
        int[] present = new int[values.Length];
        Array.Fill(present, s_element.MaxDefinitionLevel);
        group.WriteAllPartsAsync<float>(s_element, values, present, levels, CancellationToken.None).GetAwaiter().GetResult();
        _group.Clear();
    }
}
