using VggTransfer.Architectures;
using VggTransfer.Backbones;

namespace VggTransfer.Features;

/// <summary>Cuts the features of a smaller layer set out of those of a larger one, and normalises them as the smaller one says.</summary>
internal sealed class FeatureSlicer
{
    private readonly (int Start, int Length, FeatureNormalization Normalization)[] _ranges;
    private readonly int _dimension;

    /// <param name="whole">What was taken.</param>
    /// <param name="part">What is wanted; each of its sources stands in the whole as it is, or without its normalisation.</param>
    /// <param name="dimension">How long a layer's features are in the network that gave them.</param>
    /// <exception cref="ArgumentException">The larger set lacks a source of the smaller one.</exception>
    public FeatureSlicer(FeatureLayer whole, FeatureLayer part, Func<FeatureLayer, int> dimension)
    {
        var ranges = new Dictionary<FeatureSource, (int Start, int Length)>();
        int start = 0;
        foreach (FeatureSource source in whole.Sources)
        {
            int length = dimension(new FeatureLayer([source]));
            ranges.Add(source, (start, length));
            start += length;
        }

        _ranges = [.. part.Sources.Select(source =>
            ranges.TryGetValue(source, out (int Start, int Length) range) ? (range.Start, range.Length, FeatureNormalization.None)
            : ranges.TryGetValue(source.Raw, out range) ? (range.Start, range.Length, source.Normalization)
            : throw new ArgumentException($"'{source}' is no part of '{whole}'.", nameof(part)))];
        _dimension = _ranges.Sum(range => range.Length);
    }

    public float[] Slice(ReadOnlySpan<float> whole)
    {
        float[] part = new float[_dimension];
        int position = 0;
        foreach ((int start, int length, FeatureNormalization normalization) in _ranges)
        {
            Span<float> values = part.AsSpan(position, length);
            whole.Slice(start, length).CopyTo(values);
            FeatureNormalizer.Apply(normalization, values);
            position += length;
        }

        return part;
    }
}
