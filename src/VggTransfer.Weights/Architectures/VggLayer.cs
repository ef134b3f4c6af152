namespace VggTransfer.Architectures;

/// <summary>What a <see cref="VggLayer"/> does.</summary>
public enum VggLayerKind
{
    /// <summary>A convolution with stride 1 and "same" zero padding, followed by ReLU (after batch norm, where there is one).</summary>
    Convolution,

    /// <summary>Batch normalisation of the convolution before it; the ReLU comes after.</summary>
    BatchNormalization,

    /// <summary>A 2x2 maximum pool with stride 2.</summary>
    MaxPooling,

    /// <summary>(C, H, W) to a vector.</summary>
    Flatten,

    /// <summary>A fully connected layer; all but the last are followed by ReLU.</summary>
    Dense,

    /// <summary>Dropout, which does nothing in inference.</summary>
    Dropout,
}

/// <summary>A tensor that a layer owns: torchvision's name and layout (OIHW convolutions, out x in dense, CHW flatten order).</summary>
/// <param name="Name">torchvision's name, such as <c>features.0.weight</c>.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
/// <param name="Trainable">Whether gradient descent changes it; false for batch norm's running statistics.</param>
public sealed record TensorSpecification(string Name, IReadOnlyList<int> Shape, bool Trainable)
{
    /// <summary>How many numbers the tensor holds.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>The shape of a layer's output for one image.</summary>
/// <param name="Channels">Channels, or the units of a vector.</param>
/// <param name="Height">Rows; 1 for a vector.</param>
/// <param name="Width">Columns; 1 for a vector.</param>
/// <param name="IsVector">Whether the output is a vector rather than a map.</param>
public readonly record struct VggShape(int Channels, int Height, int Width, bool IsVector = false)
{
    /// <summary>How many numbers one image yields.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/> (a very wide network on a very large image).</exception>
    public int ElementCount => checked(Channels * Height * Width);
}

/// <summary>One layer of a <see cref="VggArchitecture"/>, with everything that follows from its place in the network.</summary>
public sealed record VggLayer
{
    /// <summary>What the layer does.</summary>
    public required VggLayerKind Kind { get; init; }

    /// <summary>Keras's name: <c>block1_conv1</c>, <c>block1_pool</c>, <c>flatten</c>, <c>fc1</c>, <c>fc2</c>, <c>predictions</c>.</summary>
    public required string Name { get; init; }

    /// <summary>torchvision's module: <c>features.0</c>, <c>classifier.3</c>; null where torchvision has no module (flatten).</summary>
    public required string? TorchName { get; init; }

    /// <summary>The block, 1 to 5; 0 for the dense part.</summary>
    public required int Block { get; init; }

    /// <summary>The shape of what comes in.</summary>
    public required VggShape Input { get; init; }

    /// <summary>The shape of what goes out.</summary>
    public required VggShape Output { get; init; }

    /// <summary>Side of the convolution's or the pool's window in pixels of its input; 0 elsewhere.</summary>
    public int KernelSize { get; init; }

    /// <summary>The tensors that the layer owns, weight first.</summary>
    public IReadOnlyList<TensorSpecification> Tensors { get; init; } = [];

    /// <summary>Side, in pixels of the network's input, of what one value of the output depends on; for dense layers the whole input.</summary>
    public required int ReceptiveField { get; init; }

    /// <summary>Distance, in pixels of the network's input, between neighbouring values of the output.</summary>
    public required int Stride { get; init; }

    /// <summary>Whether the layer's output passes through ReLU.</summary>
    public bool HasReLU { get; init; }

    /// <summary>Numbers in the layer's tensors.</summary>
    public long Parameters => Tensors.Sum(tensor => tensor.ElementCount);

    /// <summary>Numbers in the layer's tensors that gradient descent changes.</summary>
    public long TrainableParameters => Tensors.Where(tensor => tensor.Trainable).Sum(tensor => tensor.ElementCount);

    /// <summary>
    /// Multiply-accumulate operations for one image, of convolutions and dense layers; additions of biases, pools and
    /// batch norm aren't counted, as in torchvision's published numbers.
    /// </summary>
    public long MultiplyAdds => Kind switch
    {
        VggLayerKind.Convolution => (long)Output.Height * Output.Width * Output.Channels * KernelSize * KernelSize * Input.Channels,
        VggLayerKind.Dense => (long)Output.Channels * Input.Channels,
        _ => 0,
    };

    /// <summary>Floating-point operations for one image: two for each multiply-accumulate.</summary>
    public long Flops => 2 * MultiplyAdds;
}
