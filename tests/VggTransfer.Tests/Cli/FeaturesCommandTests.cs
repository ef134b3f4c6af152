using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Schema;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class FeaturesCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_three_formats_hold_what_the_library_computes()
    {
        string photos = DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 3);
        File.WriteAllText(Path.Combine(photos, "circles", "bad.png"), "no picture");
        File.WriteAllBytes(Path.Combine(photos, "alone, ünlabelled.png"), DrawnPhotos.Draw("circles", 4));
        List<(string Path, string Label, float[] Values)> expected = Compute(photos);

        JsonElement json = Extract("f.csv", "--json").Expect(0).Json;
        Assert.Equal(10, json.GetProperty("rows").GetInt32());
        Assert.Equal(expected[0].Values.Length, json.GetProperty("dimension").GetInt32());
        Assert.Equal(1, json.GetProperty("skipped").GetArrayLength());
        Extract("f.npy").Expect(0);
        Extract("f.parquet").Expect(0);

        AssertSame(expected, ReadCsv(_folder.File("f.csv")));
        AssertSame(expected, ReadNpy(_folder.File("f.npy")));
        AssertSame(expected, await ReadParquetAsync(_folder.File("f.parquet")));
        Assert.Equal(["f.csv", "f.npy", "f.npy.rows.csv", "f.parquet", "photos"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Failing_leaves_the_old_file_and_no_other()
    {
        string photos = DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 1);
        File.WriteAllText(Path.Combine(photos, "circles", "bad.png"), "no picture");
        File.WriteAllText(_folder.File("f.npy"), "old");
        Assert.Contains("bad.png", Extract("f.npy", "--strict").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(_folder.File("f.npy")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void Another_extension_is_wrong_usage() => Assert.Contains(".parquet", Extract("f.xlsx").Expect(2).ErrorSentence, StringComparison.Ordinal);

    private CommandLineResult Extract(string output, params string[] more) => CommandLineProcess.Run(
        _folder.Path, ["features", "photos", "--output", output, "--backbone", fixture.TinyBackbone, "--layer", "block4_pool:avg+block5_pool:max", "--input-size", "64", .. more]);

    private List<(string Path, string Label, float[] Values)> Compute(string photos)
    {
        using VggModel model = SafetensorsModelReader.Read(fixture.TinyBackbone);
        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:max"), InputSize = 64, Parallelism = FeatureParallelism.Images });
        IEnumerable<string> paths = Directory.EnumerateFiles(photos, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        return
        [
            .. extractor.ExtractAll(paths).Where(features => features.Values is not null).Select(features =>
            {
                string relative = Path.GetRelativePath(photos, features.Name).Replace('\\', '/');
                return (relative, relative.Contains('/', StringComparison.Ordinal) ? relative.Split('/')[0] : "", features.Values!);
            }),
        ];
    }

    private static void AssertSame(List<(string Path, string Label, float[] Values)> expected, List<(string Path, string Label, float[] Values)> actual)
    {
        Assert.Equal(expected.Select(row => (row.Path, row.Label)), actual.Select(row => (row.Path, row.Label)));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Values, pair.Second.Values));
    }

    private static List<(string Path, string Label, float[] Values)> ReadCsv(string path)
    {
        List<string[]> rows = CsvText.Parse(File.ReadAllText(path));
        Assert.Equal(["path", "label", "f0", "f1"], rows[0][..4]);
        return [.. rows.Skip(1).Select(row => (row[0], row[1], row[2..].Select(text => float.Parse(text, CultureInfo.InvariantCulture)).ToArray()))];
    }

    /// <summary>By numpy.lib.format's description of version 1.0.</summary>
    private static List<(string Path, string Label, float[] Values)> ReadNpy(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], content[..8]);
        int start = 10 + BitConverter.ToUInt16(content, 8);
        Assert.Equal(0, start % 64);
        string header = Encoding.ASCII.GetString(content, 10, start - 10);
        string[] shape = header.Split('(', ')')[1].Split(',', StringSplitOptions.TrimEntries);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (", header, StringComparison.Ordinal);
        Assert.EndsWith("\n", header, StringComparison.Ordinal);
        int rows = int.Parse(shape[0], CultureInfo.InvariantCulture);
        int columns = int.Parse(shape[1], CultureInfo.InvariantCulture);
        float[] values = MemoryMarshal.Cast<byte, float>(content.AsSpan(start)).ToArray();
        Assert.Equal(rows * columns, values.Length);
        List<string[]> names = CsvText.Parse(File.ReadAllText(path + ".rows.csv"));
        return [.. Enumerable.Range(0, rows).Select(i => (names[i + 1][0], names[i + 1][1], values[(i * columns)..((i + 1) * columns)]))];
    }

    private static async Task<List<(string Path, string Label, float[] Values)>> ReadParquetAsync(string path)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(path);
        Assert.Equal(["path", "label", "features"], reader.Schema.Fields.Select(field => field.Name));
        DataField element = reader.Schema.DataFields[2];
        Assert.Equal(typeof(float), element.ClrType);
        var rows = new List<(string, string, float[])>();
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(g);
            int count = (int)group.RowCount;
            string?[] paths = new string?[count];
            string?[] labels = new string?[count];
            await group.ReadAsync(reader.Schema.DataFields[0], paths.AsMemory());
            await group.ReadAsync(reader.Schema.DataFields[1], labels.AsMemory());
            using var column = (Parquet.Data.RawColumnData<float>)await group.ReadRawColumnDataBaseAsync(element);
            float[] values = column.Values.ToArray();
            int[] starts = [.. column.RepetitionLevels.ToArray().Index().Where(level => level.Item == 0).Select(level => level.Index), values.Length];
            Assert.Equal(count + 1, starts.Length);
            rows.AddRange(Enumerable.Range(0, count).Select(i => (paths[i]!, labels[i]!, values[starts[i]..starts[i + 1]])));
        }

        return rows;
    }
}
