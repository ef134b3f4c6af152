using System.ComponentModel.DataAnnotations;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Backbones;

/// <summary>What to take from a backbone, and how to compute it.</summary>
public record FeatureNetworkOptions
{
    /// <summary>The smallest input of a network.</summary>
    internal const int SmallestInput = VggArchitecture.SmallestInput;

    /// <summary>The largest input of a network.</summary>
    internal const int LargestInput = VggArchitecture.LargestInput;

    /// <summary>From this side on, a single image has so many tiles that reading four times the weights for them pays.</summary>
    private const int SmallestSingle = 96;

    /// <summary>What to take as features; by default fc7, or the average of block 5 where the network has no dense part.</summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Side of the input in pixels, 32 to 4096; by default the architecture's. Networks with dense layers take only their own.</summary>
    [Range(SmallestInput, LargestInput)]
    public int? InputSize { get; init; }

    /// <summary>
    /// The arithmetic: 8-bit integers are about four times as fast, and take a network whose
    /// <see cref="VggModel.ActivationRanges"/> are known.
    /// </summary>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Float32;

    /// <summary>Threads for decoding and for inference, 1 to 1024; by default one for each processor.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int Threads { get; init; } = ThreadCount.Default;

    /// <summary>How the threads share the work: by default so that a single image is ready as soon as possible.</summary>
    public FeatureParallelism Parallelism { get; init; } = FeatureParallelism.Layers;

    /// <summary>
    /// How convolutions in 4-byte floating point are computed; null for what is fastest with this <see cref="Precision"/>,
    /// <see cref="Parallelism"/>, input and processor. The features of the two ways differ by some millionths of the largest.
    /// </summary>
    public ConvolutionAlgorithm? Algorithm { get; init; }

    /// <param name="inputSize">The side of the network's input in pixels.</param>
    internal ConvolutionAlgorithm AlgorithmFor(int inputSize) =>
        Algorithm ?? (Precision == OnnxPrecision.Float32 && MatrixKernel.IsSupported && (Parallelism == FeatureParallelism.Images || inputSize >= SmallestSingle)
            ? ConvolutionAlgorithm.Winograd
            : ConvolutionAlgorithm.Direct);

    /// <exception cref="ArgumentException">The algorithm and the arithmetic don't go together.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks the instructions of the algorithm.</exception>
    internal void ValidateAlgorithm()
    {
        if (Algorithm == ConvolutionAlgorithm.Winograd && Precision != OnnxPrecision.Float32)
        {
            throw new ArgumentException($"Algorithm is {Algorithm}, which computes in {OnnxPrecision.Float32} alone, and Precision is {Precision}; leave one of them out.", nameof(Algorithm));
        }

        if (Algorithm == ConvolutionAlgorithm.Winograd && !MatrixKernel.IsSupported)
        {
            throw new PlatformNotSupportedException($"Algorithm is {Algorithm}, which needs a processor with AVX2 and FMA; leave it out.");
        }
    }
}
