using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Layers;

/// <summary>A fully connected layer on the last dimension of its input (keras/src/layers/core/dense.py).</summary>
public sealed class Dense : Layer
{
    /// <param name="units">Values of the output, 1 or more.</param>
    /// <param name="activation"><c>relu</c>, <c>sigmoid</c>, <c>tanh</c>, <c>softmax</c> or null.</param>
    /// <param name="useBias">Whether a bias is added.</param>
    /// <param name="kernelInitializer">Keras's default is glorot_uniform.</param>
    /// <param name="biasInitializer">Keras's default is zeros.</param>
    /// <param name="kernelRegularizer">The penalty on the kernel.</param>
    /// <param name="biasRegularizer">The penalty on the bias.</param>
    /// <param name="activityRegularizer">The penalty on the output, divided by the batch size.</param>
    /// <param name="inputShape">One sample's shape, where this is the first layer.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no units.</exception>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    public Dense(
        int units,
        string? activation = null,
        bool useBias = true,
        Initializer? kernelInitializer = null,
        Initializer? biasInitializer = null,
        Regularizer? kernelRegularizer = null,
        Regularizer? biasRegularizer = null,
        Regularizer? activityRegularizer = null,
        int[]? inputShape = null,
        string? name = null)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        Units = units;
        Activation = Activations.Find(activation);
        UseBias = useBias;
        KernelInitializer = kernelInitializer ?? "glorot_uniform";
        BiasInitializer = biasInitializer ?? "zeros";
        KernelRegularizer = kernelRegularizer;
        BiasRegularizer = biasRegularizer;
        ActivityRegularizer = activityRegularizer;
        DeclaredInputShape = inputShape;
    }

    /// <summary>Values of the output.</summary>
    public int Units { get; }

    /// <summary>Whether a bias is added.</summary>
    public bool UseBias { get; }

    internal ActivationFunction Activation { get; }

    internal Initializer KernelInitializer { get; }

    internal Initializer BiasInitializer { get; }

    internal Regularizer? KernelRegularizer { get; }

    internal Regularizer? BiasRegularizer { get; }

    internal override Regularizer? ActivityRegularizer { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => [.. inputShape.SkipLast(1), Units];

    /// <inheritdoc/>
    protected override IEnumerable<VariableSpecification> CreateVariables(IReadOnlyList<int> inputShape)
    {
        yield return new("kernel", [inputShape[^1], Units], KernelInitializer, Regularizer: KernelRegularizer);
        if (UseBias)
        {
            yield return new("bias", [Units], BiasInitializer, Regularizer: BiasRegularizer);
        }
    }
}
