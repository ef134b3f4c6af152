using BenchmarkDotNet.Attributes;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Benchmarks.Micro;

/// <summary>Reading the backbone that comes with the library.</summary>
public class WeightsBenchmarks
{
    private readonly string _path = PretrainedBackbones.Path();

    /// <summary>The file is mapped: names, shapes and metadata are read, weights aren't yet.</summary>
    [Benchmark]
    public int OpenSafetensors()
    {
        using VggModel model = SafetensorsModelReader.Read(_path);
        return model.Tensors.Count;
    }

    [Benchmark]
    public long ReadSafetensorsAsSingles()
    {
        using VggModel model = SafetensorsModelReader.Read(_path);
        return model.Tensors.Values.Sum(tensor => (long)tensor.ToSingles().Length);
    }
}
