using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Regularizers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// What computes a layer. Maps travel as (samples, channels, height, width) with the channels last in memory, everything
/// else as in Keras.
/// </summary>
internal abstract class TorchLayer
{
    /// <param name="layer">The description.</param>
    /// <param name="device">Where and in which types it computes.</param>
    protected TorchLayer(Layer layer, TorchDevice device)
    {
        Description = layer;
        Device = device;
    }

    /// <summary>The description.</summary>
    public Layer Description { get; }

    /// <summary>
    /// Whether the output is a tensor of its own that no gradient needs again, so that a following ReLU may overwrite it.
    /// </summary>
    public virtual bool OutputMayBeOverwritten => false;

    /// <summary>Whether a later layer pools the output.</summary>
    public bool IsPooledLater { get; set; }

    /// <summary>Where and in which types it computes.</summary>
    protected TorchDevice Device { get; }

    /// <summary>The output for an input.</summary>
    public Tensor Forward(Tensor x, StepContext context)
    {
        context.Logits = null;
        Tensor output = Compute(x, context);
        if (Description.ActivityRegularizer is { } regularizer)
        {
            context.ActivityPenalties.Add(Penalty(regularizer, output.to(Device.WeightType)).DividedBy(output.shape[0]));
        }

        if (IsPooledLater)
        {
            context.Maps[Description.Name] = output;
        }

        return output;
    }

    /// <summary>The output for an input.</summary>
    protected abstract Tensor Compute(Tensor x, StepContext context);

    private static Tensor Penalty(Regularizer regularizer, Tensor output)
    {
        // Written out, so that nothing is computed for a factor of 0.
        Tensor? penalty = regularizer.Factor1 == 0 ? null : output.abs().sum().Times(regularizer.Factor1);
        Tensor? squares = regularizer.Factor2 == 0 ? null : output.Squared().sum().Times(regularizer.Factor2);
        return penalty is null ? squares ?? zeros([], output.dtype, output.device) : squares is null ? penalty : penalty.Plus(squares);
    }
}
