using System.Numerics.Tensors;

namespace VggTransfer.Classification;

/// <summary>
/// A point or a direction of a search: its coordinates, and its image, by which scalar products are made. The image is linear in
/// the coordinates; in ordinary space it is the coordinates themselves.
/// </summary>
internal sealed class SearchVector
{
    public SearchVector(int length, bool hasImage)
    {
        Coordinates = new double[length];
        Image = hasImage ? new double[length] : Coordinates;
    }

    public double[] Coordinates { get; }

    public double[] Image { get; }

    private bool HasImage => Image != Coordinates;

    public static double Dot(SearchVector first, SearchVector second) => TensorPrimitives.Dot<double>(first.Coordinates, second.Image);

    public void CopyFrom(SearchVector other)
    {
        other.Coordinates.CopyTo(Coordinates, 0);
        if (HasImage)
        {
            other.Image.CopyTo(Image, 0);
        }
    }

    /// <summary>Becomes the sum of a vector and a multiple of another.</summary>
    public void Set(SearchVector start, double factor, SearchVector direction)
    {
        TensorPrimitives.MultiplyAdd(direction.Coordinates, factor, start.Coordinates, Coordinates);
        if (HasImage)
        {
            TensorPrimitives.MultiplyAdd(direction.Image, factor, start.Image, Image);
        }
    }

    public void Scale(double factor)
    {
        TensorPrimitives.Multiply(Coordinates, factor, Coordinates);
        if (HasImage)
        {
            TensorPrimitives.Multiply(Image, factor, Image);
        }
    }
}
