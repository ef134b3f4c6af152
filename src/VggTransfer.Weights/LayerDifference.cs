namespace VggTransfer.Weights;

/// <summary>How two networks' weights of one layer differ.</summary>
/// <param name="Layer">Keras's name of the layer, such as <c>block1_conv1</c>.</param>
/// <param name="Status">Whether the layer could be compared.</param>
/// <param name="Values">How many numbers were compared.</param>
/// <param name="Different">How many of them aren't equal.</param>
/// <param name="Absolute">The largest distance of two numbers in the same place.</param>
/// <param name="Relative">That distance as a share of the largest magnitude of the tensor that it was found in, in either network.</param>
public sealed record LayerDifference(string Layer, LayerStatus Status, long Values = 0, long Different = 0, double Absolute = 0, double Relative = 0)
{
    /// <summary>Whether the layer is in both networks with equal numbers.</summary>
    public bool IsIdentical => Status == LayerStatus.Compared && Different == 0;
}

/// <summary>Whether a layer could be compared.</summary>
public enum LayerStatus
{
    /// <summary>It is in both networks, and of one shape.</summary>
    Compared,

    /// <summary>The second network lacks it.</summary>
    OnlyInFirst,

    /// <summary>The first network lacks it.</summary>
    OnlyInSecond,

    /// <summary>It is in both, with tensors of different shapes.</summary>
    OtherShape,
}
