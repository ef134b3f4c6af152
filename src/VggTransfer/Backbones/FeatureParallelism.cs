using VggTransfer.Features;

namespace VggTransfer.Backbones;

/// <summary>How a <see cref="FeatureExtractor"/> divides its work among its threads.</summary>
public enum FeatureParallelism
{
    /// <summary>All threads work on one batch, layer by layer: a single image is ready as soon as possible.</summary>
    Layers,

    /// <summary>
    /// Each thread takes images of its own from file to features: no thread waits for another, so that many images are done
    /// sooner. With <see cref="ConvolutionAlgorithm.Direct"/> a single image runs on one thread.
    /// </summary>
    Images,
}
