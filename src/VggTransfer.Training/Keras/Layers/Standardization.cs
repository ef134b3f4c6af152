namespace VggTransfer.Keras.Layers;

/// <summary><c>(x - mean) * scale</c>, with numbers that training leaves alone: Keras's <c>Normalization</c>, whose statistics are known.</summary>
/// <param name="name">The layer's name.</param>
internal sealed class Standardization(string name) : Layer(name)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;

    /// <inheritdoc/>
    protected override IEnumerable<VariableSpecification> CreateVariables(IReadOnlyList<int> inputShape)
    {
        yield return new("mean", [inputShape[^1]], "zeros", Trainable: false);
        yield return new("scale", [inputShape[^1]], "ones", Trainable: false);
    }
}
