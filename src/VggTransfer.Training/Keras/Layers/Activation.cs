namespace VggTransfer.Keras.Layers;

/// <summary>An activation function as a layer of its own.</summary>
public sealed class Activation : Layer
{
    /// <param name="activation"><c>relu</c>, <c>sigmoid</c>, <c>tanh</c>, <c>softmax</c> or <c>linear</c>.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentException">There is no such activation.</exception>
    public Activation(string activation, string? name = null)
        : base(name) => Function = Activations.Find(activation);

    internal ActivationFunction Function { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}

/// <summary>max(x, 0). Its derivative at 0 is 0.</summary>
/// <param name="name">The layer's name.</param>
public sealed class ReLU(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}

/// <summary>Logits to probabilities, over the last dimension.</summary>
/// <param name="name">The layer's name.</param>
public sealed class Softmax(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}
