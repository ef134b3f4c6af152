using BenchmarkDotNet.Attributes;
using VggTransfer.Classification;

namespace VggTransfer.Benchmarks.Micro;

/// <summary>From features to probabilities.</summary>
public class HeadBenchmarks
{
    private float[] _features = [];
    private LinearHead _head = null!;

    /// <summary>The length of a feature vector: block 5's average, fc7, block 5's map.</summary>
    [Params(512, 4096, 25_088)]
    public int Dimension { get; set; }

    [Params(10, 1000)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _features = [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
        _head = new LinearHead([.. Enumerable.Range(0, Classes * Dimension).Select(_ => random.NextSingle() - 0.5f)], new float[Classes]);
    }

    [Benchmark]
    public float[] Probabilities() => _head.Probabilities(_features);
}
