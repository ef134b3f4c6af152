using VggTransfer.Architectures;
using VggTransfer.Backbones;

namespace VggTransfer.Features;

/// <summary>How the features differ that two networks see in one image.</summary>
/// <param name="Layer">The layer that was compared: what the first takes as features by default, or else the second.</param>
/// <param name="InputSize">The side of the input that both were given.</param>
/// <param name="Absolute">The largest distance of two features.</param>
/// <param name="Relative">That distance as a share of the largest magnitude in either network.</param>
/// <param name="Cosine">The cosine of the angle between the two vectors.</param>
public sealed record FeatureComparison(FeatureLayer Layer, int InputSize, double Absolute, double Relative, double Cosine)
{
    /// <summary>Runs both networks on an image.</summary>
    /// <param name="first">A network that says its preprocessing.</param>
    /// <param name="second">Another.</param>
    /// <param name="imagePath">The image.</param>
    /// <exception cref="ArgumentException">A network's preprocessing is unknown, or they have no layer of one size in common.</exception>
    /// <exception cref="Images.InvalidImageException">The file is no image that is read.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    public static FeatureComparison Between(IBackbone first, IBackbone second, string imagePath)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentException.ThrowIfNullOrEmpty(imagePath);
        int side = !first.TakesAnySize || second.TakesAnySize ? first.InputSize : second.InputSize;
        FeatureLayer layer = Array.Find([first.DefaultLayer, second.DefaultLayer], layer => Has(first, layer, side) && Has(second, layer, side))
            ?? throw new ArgumentException($"{first.DisplayName} and {second.DisplayName} have no layer of features in common, so they can't be compared on an image.", nameof(second));
        float[] a = Extract(first, layer, side, imagePath);
        float[] b = Extract(second, layer, side, imagePath);
        return a.Length == b.Length
            ? Compare(layer, side, a, b)
            : throw new ArgumentException($"The networks' features can't be compared: {a.Length} values of {layer} against {b.Length}.", nameof(second));
    }

    private static bool Has(IBackbone network, FeatureLayer layer, int side)
    {
        try
        {
            return network.Dimension(layer, side) > 0;
        }
        catch (FeatureLayerNotFoundException)
        {
            return false;
        }
    }

    private static float[] Extract(IBackbone network, FeatureLayer layer, int side, string imagePath)
    {
        using var extractor = new FeatureExtractor(network, new FeatureExtractorOptions { Layer = layer, InputSize = side, BatchSize = 1 });
        return extractor.Extract(imagePath);
    }

    private static FeatureComparison Compare(FeatureLayer layer, int side, float[] a, float[] b)
    {
        double absolute = 0, magnitude = 0, product = 0, squareA = 0, squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            absolute = Math.Max(absolute, Math.Abs((double)a[i] - b[i]));
            magnitude = Math.Max(magnitude, Math.Max(Math.Abs(a[i]), Math.Abs(b[i])));
            product += (double)a[i] * b[i];
            squareA += (double)a[i] * a[i];
            squareB += (double)b[i] * b[i];
        }

        double cosine = squareA == 0 && squareB == 0 ? 1 : product / Math.Sqrt(squareA * squareB);
        return new FeatureComparison(layer, side, absolute, absolute == 0 ? 0 : absolute / magnitude, cosine);
    }
}
