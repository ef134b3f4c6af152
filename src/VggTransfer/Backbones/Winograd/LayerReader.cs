using System.Numerics.Tensors;
using VggTransfer.Architectures;

namespace VggTransfer.Backbones;

/// <summary>Takes one place's values into the feature vector.</summary>
/// <param name="Source">The place.</param>
/// <param name="Steps">Steps from map to map before it.</param>
/// <param name="Dense">Dense layers before it.</param>
/// <param name="Start">Where its values begin in the feature vector.</param>
internal sealed record LayerReader(FeatureSource Source, int Steps, int Dense, int Start)
{
    /// <param name="map">The map of an image.</param>
    /// <param name="shape">How it lies.</param>
    /// <param name="features">The image's feature vector.</param>
    public unsafe void Read(float* map, BlockedMap shape, Span<float> features)
    {
        Span<float> values = features.Slice(Start, Source.Pooling == FeaturePooling.Flatten ? shape.Channels * shape.Height * shape.Width : shape.Channels);
        switch (Source.Pooling)
        {
            case FeaturePooling.Average:
                MapReading.Average(map, shape, values);
                break;
            case FeaturePooling.Maximum:
                MapReading.Maximum(map, shape, values);
                break;
            default:
                MapReading.Flatten(map, shape, values);
                break;
        }

        FeatureNormalizer.Apply(Source.Normalization, values);
    }

    /// <param name="outputs">A dense layer's outputs for an image.</param>
    /// <param name="features">The image's feature vector.</param>
    public void Read(ReadOnlySpan<float> outputs, Span<float> features)
    {
        Span<float> values = features.Slice(Start, outputs.Length);
        if (VggFeatureLayers.IsProbabilities(Source))
        {
            // Only differences count, and the largest must not overflow.
            TensorPrimitives.Subtract(outputs, TensorPrimitives.Max(outputs), values);
            TensorPrimitives.SoftMax<float>(values, values);
        }
        else
        {
            outputs.CopyTo(values);
        }

        FeatureNormalizer.Apply(Source.Normalization, values);
    }
}
