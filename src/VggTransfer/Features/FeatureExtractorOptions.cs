using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Winograd;

namespace VggTransfer.Features;

/// <summary>What a <see cref="FeatureExtractor"/> takes from a network, and how it feeds it.</summary>
public sealed record FeatureExtractorOptions : FeatureSettings
{
    /// <summary>From this side on, a single image has so many tiles that reading four times the weights for them pays.</summary>
    private const int SmallestSingle = 96;

    /// <summary>How a photo becomes a square; by default as ML.NET's <c>ResizeImages</c> does it, so that a saved chain sees the same pixels.</summary>
    public ResizeRecipe Resize { get; init; } = ResizeRecipe.MlNetCrop;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = ImageDecodeOptions.Default;

    /// <summary>
    /// The arithmetic: 8-bit integers are about four times as fast, and take a network whose
    /// <see cref="Models.VggModel.ActivationRanges"/> are known.
    /// </summary>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Float32;

    /// <summary>How the threads share the work: by default so that a single image is ready as soon as possible.</summary>
    public FeatureParallelism Parallelism { get; init; } = FeatureParallelism.Layers;

    /// <summary>
    /// How convolutions in 4-byte floating point are computed; null for what is fastest with this <see cref="Precision"/>,
    /// <see cref="Parallelism"/>, input and processor. The features of the two ways differ by some millionths of the largest.
    /// </summary>
    public ConvolutionAlgorithm? Algorithm { get; init; }

    /// <summary>
    /// Whether each picture goes through the network a second time, mirrored, in the same batch; the mirror picture's features
    /// follow the picture's own, so that a result is twice as long.
    /// </summary>
    internal bool AddMirror { get; init; }

    /// <param name="inputSize">The side of the network's input in pixels.</param>
    internal ConvolutionAlgorithm AlgorithmFor(int inputSize) =>
        Algorithm ?? (Precision == OnnxPrecision.Float32 && MatrixKernel.IsSupported && (Parallelism == FeatureParallelism.Images || inputSize >= SmallestSingle)
            ? ConvolutionAlgorithm.Winograd
            : ConvolutionAlgorithm.Direct);

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The algorithm and the arithmetic don't go together.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks the instructions of the algorithm.</exception>
    internal FeatureExtractorOptions Validate()
    {
        OptionRange.Check(this);
        if (Algorithm == ConvolutionAlgorithm.Winograd && Precision != OnnxPrecision.Float32)
        {
            throw new ArgumentException($"Algorithm is {Algorithm}, which computes in {OnnxPrecision.Float32} alone, and Precision is {Precision}; leave one of them out.", nameof(Algorithm));
        }

        return Algorithm == ConvolutionAlgorithm.Winograd && !MatrixKernel.IsSupported
            ? throw new PlatformNotSupportedException($"Algorithm is {Algorithm}, which needs a processor with AVX2 and FMA; leave it out.")
            : this;
    }
}
