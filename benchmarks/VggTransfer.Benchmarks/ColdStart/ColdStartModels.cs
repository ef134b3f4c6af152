using System.Buffers.Binary;
using System.IO.Compression;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Classification;
using VggTransfer.Onnx;

namespace VggTransfer.Benchmarks.ColdStart;

/// <summary>A network and a random head of ten classes as model files, in single precision and in 8-bit integers.</summary>
internal static class ColdStartModels
{
    private const int Classes = 10;

    /// <summary>Writes both files.</summary>
    /// <param name="network">The network; its ranges must be known.</param>
    /// <param name="workFolder">Where they go.</param>
    /// <returns>Their paths.</returns>
    public static (string Float32, string Int8) Write(BenchmarkNetwork network, string workFolder)
    {
        string single = Path.Combine(workFolder, $"{network.Name}-fp32.zip");
        string quantised = Path.Combine(workFolder, $"{network.Name}-int8.zip");
        int dimension = network.Layer.Dimension(network.Model.Architecture);
        var random = new Random(1);
        var head = new LinearHead([.. Enumerable.Range(0, Classes * dimension).Select(_ => (random.NextSingle() - 0.5f) / dimension)], new float[Classes]);
        string[] labels = [.. Enumerable.Range(0, Classes).Select(i => $"class {i}")];
        ClassifierExport.Write(network.Model, head,
            ClassifierExport.Describe(network.Model, network.Layer, labels, network.InputSize, network.Model.Preprocessing!.Value, new ClassifierExportOptions()), single);
        WriteQuantised(network, single, quantised, workFolder);
        return (single, quantised);
    }

    /// <summary>The same archive with the graph in integers.</summary>
    private static void WriteQuantised(BenchmarkNetwork network, string single, string quantised, string workFolder)
    {
        string graph = Path.Combine(workFolder, $"{network.Name}-int8.onnx");
        OnnxModelWriter.Write(network.Model, graph, new OnnxExportOptions
        {
            InputSize = network.InputSize,
            Outputs = [new OnnxOutput("features", network.Layer)],
            Precision = OnnxPrecision.Int8,
        });
        byte[] length = new byte[sizeof(int)];
        using ZipArchive source = ZipFile.OpenRead(single);
        using ZipArchive target = ZipFile.Open(quantised, ZipArchiveMode.Create);
        foreach (ZipArchiveEntry entry in source.Entries)
        {
            bool isGraph = entry.Name == "OnnxModel";
            using Stream from = isGraph ? File.OpenRead(graph) : entry.Open();
            using Stream to = target.CreateEntry(entry.FullName, isGraph ? CompressionLevel.NoCompression : CompressionLevel.Optimal).Open();
            if (isGraph)
            {
                // ML.NET's own form: the length, then the graph.
                BinaryPrimitives.WriteInt32LittleEndian(length, (int)from.Length);
                to.Write(length);
            }

            from.CopyTo(to);
        }

        File.Delete(graph);
    }
}
