using VggTransfer.Architectures;
using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Vgg;

/// <summary>What <see cref="Applications.Vgg"/> needs to know beside the architecture.</summary>
public sealed record VggModelOptions
{
    /// <summary>
    /// How layers are named: as in <c>keras.applications</c> (<c>block1_conv1</c>, a Functional model with its input), or as
    /// in a hand-written Sequential (<c>conv2d</c>, <c>conv2d_1</c>).
    /// </summary>
    public SummaryStyle Naming { get; init; } = SummaryStyle.Sequential;

    /// <summary>The model's name; null for <c>vgg16</c> and the like, or <c>sequential</c>.</summary>
    public string? ModelName { get; init; }

    /// <summary>Where the kernels' first values come from; null for Keras's default, glorot_uniform.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>The penalty on the convolutions' kernels; null for none.</summary>
    public Regularizer? ConvolutionRegularizer { get; init; }

    /// <summary>The share that batch norm's running statistics keep at each step, 0 to 1; 0.99 is Keras's default.</summary>
    public double BatchNormMomentum { get; init; } = 0.99;

    /// <summary>The last layer's activation: <c>softmax</c> for probabilities, null for logits.</summary>
    public string? ClassifierActivation { get; init; }
}
