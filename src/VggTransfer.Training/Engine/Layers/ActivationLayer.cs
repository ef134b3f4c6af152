using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Applies an activation function.</summary>
internal sealed class ActivationLayer(Layer layer, ActivationFunction function, bool overwrites, TorchDevice device) : TorchLayer(layer, device)
{
    /// <summary>Applies a function.</summary>
    /// <param name="function">Which.</param>
    /// <param name="x">The values.</param>
    /// <param name="overwrites">Whether the values may be overwritten.</param>
    /// <param name="context">Gets the logits of a softmax or sigmoid.</param>
    /// <param name="device">Says the type of losses.</param>
    public static Tensor Apply(ActivationFunction function, Tensor x, bool overwrites, StepContext context, TorchDevice device)
    {
        switch (function)
        {
            case ActivationFunction.ReLU:
                return overwrites ? x.relu_() : x.relu();
            case ActivationFunction.Tanh:
                return x.tanh();
            case ActivationFunction.Sigmoid:
                x = x.to(device.WeightType);
                context.Logits = new Logits(x, SoftmaxOnly: false);
                return x.sigmoid();
            case ActivationFunction.Softmax:
                x = x.to(device.WeightType);
                context.Logits = new Logits(x, SoftmaxOnly: false);
                return x.softmax(Maps.LastDimension(x));
            default:
                return x;
        }
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        Tensor output = Apply(function, x, overwrites, context, Device);
        if (Description is Softmax && context.Logits is { } logits)
        {
            context.Logits = logits with { SoftmaxOnly = true };
        }

        return output;
    }
}
