using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes a <see cref="Dense"/>; the kernel lies as in Keras, (in, out).</summary>
internal sealed class DenseLayer(Dense dense, TorchVariable kernel, TorchVariable? bias, TorchDevice device) : TorchLayer(dense, device)
{
    /// <inheritdoc/>
    public override bool OutputMayBeOverwritten => dense.Activation == ActivationFunction.Linear && dense.ActivityRegularizer is null;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        x = Maps.ToKeras(x.to(Device.ComputeType));
        Tensor output = x.dim() == 2 && bias is not null
            ? addmm(bias.Leaf, x, kernel.Leaf, 1, 1)
            : bias is null ? x.matmul(kernel.Leaf) : x.matmul(kernel.Leaf).Plus(bias.Leaf);
        return ActivationLayer.Apply(dense.Activation, Maps.FromKeras(output), overwrites: true, context, Device);
    }
}
