using VggTransfer.Features;

namespace VggTransfer.Backbones;

/// <summary>How a <see cref="FeatureExtractor"/> computes convolutions.</summary>
public enum ConvolutionAlgorithm
{
    /// <summary>Every product of a weight and a pixel, by ONNX Runtime.</summary>
    Direct,

    /// <summary>
    /// Winograd's minimal filtering of 4 x 4 outputs by 3 x 3 weights: a quarter of the multiplications, in 4-byte floating point,
    /// on x64 processors with AVX2 and FMA.
    /// </summary>
    Winograd,
}
