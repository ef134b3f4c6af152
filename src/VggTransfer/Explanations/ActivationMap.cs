using System.Numerics.Tensors;

namespace VggTransfer.Explanations;

/// <summary>A layer's output for one picture.</summary>
/// <param name="Channels">Channels, or the length of a vector.</param>
/// <param name="Height">Rows; 1 for a vector.</param>
/// <param name="Width">Columns; 1 for a vector.</param>
/// <param name="Values">Channel by channel, row by row.</param>
internal sealed record ActivationMap(int Channels, int Height, int Width, float[] Values)
{
    /// <summary>Adds the weighted sum of all channels to a square of pixels, between the map's values bilinearly.</summary>
    /// <param name="weights">One for each channel.</param>
    /// <param name="sum">size x size.</param>
    /// <param name="size">The square's side.</param>
    public void AddWeighted(ReadOnlySpan<float> weights, Span<float> sum, int size)
    {
        float[] map = new float[Height * Width];
        for (int channel = 0; channel < Channels; channel++)
        {
            TensorPrimitives.MultiplyAdd(Values.AsSpan(channel * map.Length, map.Length), weights[channel], map, map);
        }

        for (int y = 0; y < size; y++)
        {
            (int top, int bottom, float down) = Neighbours(y, size, Height);
            for (int x = 0; x < size; x++)
            {
                (int left, int right, float across) = Neighbours(x, size, Width);
                float upper = float.Lerp(map[(top * Width) + left], map[(top * Width) + right], across);
                float lower = float.Lerp(map[(bottom * Width) + left], map[(bottom * Width) + right], across);
                sum[(y * size) + x] += float.Lerp(upper, lower, down);
            }
        }
    }

    /// <summary>Between which two values of a row a pixel's centre lies, and how far from the first.</summary>
    private static (int First, int Second, float Share) Neighbours(int pixel, int pixels, int values)
    {
        float place = Math.Clamp(((pixel + 0.5f) * values / pixels) - 0.5f, 0, values - 1);
        int first = (int)place;
        return (first, Math.Min(first + 1, values - 1), place - first);
    }
}
