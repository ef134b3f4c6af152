namespace VggTransfer.Keras;

/// <summary>Shapes of single samples.</summary>
internal static class Shapes
{
    public static IReadOnlyList<int>? OfImage((int Height, int Width, int Channels)? shape) =>
        shape is { } given ? [given.Height, given.Width, given.Channels] : null;

    public static int Count(IReadOnlyList<int> shape) => shape.Aggregate(1, (product, dimension) => checked(product * dimension));
}
