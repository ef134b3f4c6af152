using VggTransfer.Architectures;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Classification;
using VggTransfer.Models;
using VggTransfer.Quantization;

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
        ClassifierDescription description = ClassifierExport.Describe(
            network.Model, network.Layer, labels, network.InputSize, network.Model.Preprocessing!.Value, new ClassifierExportOptions());
        ClassifierExport.Write(network.Model, head, description, single);
        ClassifierExport.Write(network.Model, head, description with { Precision = new PrecisionChoice { Precision = OnnxPrecision.Int8, Reason = "benchmark" } }, quantised);
        return (single, quantised);
    }
}
