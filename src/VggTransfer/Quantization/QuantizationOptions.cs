using VggTransfer.Images;

namespace VggTransfer.Quantization;

/// <summary>How the ranges of a network's activations are found.</summary>
public sealed record QuantizationOptions
{
    /// <summary>How ranges follow from what was seen; null tries all and takes the one whose features are nearest to those in 4-byte floating point.</summary>
    public RangeMethod? Method { get; init; }

    /// <summary>Side of the network's input in pixels, 32 to 4096; by default the architecture's.</summary>
    public int? InputSize { get; init; }

    /// <summary>How many of the images are used at most, 1 to 10,000; 100 to 500 are enough.</summary>
    public int LargestSample { get; init; } = 200;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = new() { Orientation = ImageOrientation.Upright };

    /// <summary>Threads, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);
}
