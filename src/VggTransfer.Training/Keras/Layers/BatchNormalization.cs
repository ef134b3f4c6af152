using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Layers;

/// <summary>
/// Batch normalisation over the last dimension (keras/src/layers/normalization/batch_normalization.py): with the batch's
/// mean and biased variance in training, with running ones in inference and where the layer isn't trainable.
/// </summary>
public sealed class BatchNormalization : Layer
{
    /// <param name="momentum">The share that the running statistics keep at each step, 0 to 1.</param>
    /// <param name="epsilon">What is added to the variance, above 0.</param>
    /// <param name="center">Whether there is a beta.</param>
    /// <param name="scale">Whether there is a gamma.</param>
    /// <param name="betaInitializer">Keras's default is zeros.</param>
    /// <param name="gammaInitializer">Keras's default is ones.</param>
    /// <param name="betaRegularizer">The penalty on beta.</param>
    /// <param name="gammaRegularizer">The penalty on gamma.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public BatchNormalization(
        double momentum = 0.99,
        double epsilon = 1e-3,
        bool center = true,
        bool scale = true,
        Initializer? betaInitializer = null,
        Initializer? gammaInitializer = null,
        Regularizer? betaRegularizer = null,
        Regularizer? gammaRegularizer = null,
        string? name = null)
        : base(name)
    {
        Momentum = momentum is >= 0 and <= 1 ? momentum : throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "A batch norm's momentum must be 0 to 1.");
        Epsilon = epsilon > 0 ? epsilon : throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "A batch norm's epsilon must be above 0.");
        Center = center;
        Scale = scale;
        BetaInitializer = betaInitializer ?? "zeros";
        GammaInitializer = gammaInitializer ?? "ones";
        BetaRegularizer = betaRegularizer;
        GammaRegularizer = gammaRegularizer;
    }

    /// <summary>The share that the running statistics keep at each step: 1 minus PyTorch's momentum.</summary>
    public double Momentum { get; }

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }

    internal bool Center { get; }

    internal bool Scale { get; }

    internal Initializer BetaInitializer { get; }

    internal Initializer GammaInitializer { get; }

    internal Regularizer? BetaRegularizer { get; }

    internal Regularizer? GammaRegularizer { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;

    /// <inheritdoc/>
    protected override IEnumerable<VariableSpecification> CreateVariables(IReadOnlyList<int> inputShape)
    {
        int[] shape = [inputShape[^1]];
        if (Scale)
        {
            yield return new("gamma", shape, GammaInitializer, Regularizer: GammaRegularizer);
        }

        if (Center)
        {
            yield return new("beta", shape, BetaInitializer, Regularizer: BetaRegularizer);
        }

        yield return new("moving_mean", shape, "zeros", Trainable: false);
        yield return new("moving_variance", shape, "ones", Trainable: false);
    }
}
