using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Optimizers.Legacy;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// Clipping of gradients, penalties included. Keras's optimizers take the first of clipnorm, global_clipnorm and clipvalue
/// that is there (keras/src/optimizers/optimizer.py); the old classes take clipvalue and then a norm
/// (keras/src/optimizers/legacy/optimizer_v2.py).
/// </summary>
internal static class GradientClipping
{
    /// <summary>Whether norms of whole gradients count, so that all must be known first.</summary>
    public static bool NeedsNorms(Optimizer optimizer) => optimizer.Options is { Clipnorm: > 0 } or { GlobalClipnorm: > 0 };

    /// <summary>Clips norms, in place.</summary>
    public static void ClipNorms(Optimizer optimizer, IReadOnlyList<Tensor> gradients)
    {
        if (optimizer is LegacyOptimizer)
        {
            foreach (Tensor gradient in gradients)
            {
                Clamp(optimizer, gradient);
            }
        }

        Tensor[] squares = [.. gradients.Select(gradient => gradient.dot(gradient))];
        if (optimizer.Options.Clipnorm is > 0 and { } largest)
        {
            for (int i = 0; i < gradients.Count; i++)
            {
                gradients[i].mul_(KeptScalar.Of(largest) / squares[i].sqrt().clamp(min: KeptScalar.Of(largest)));
            }
        }
        else if (optimizer.Options.GlobalClipnorm is > 0 and { } together)
        {
            Tensor factor = KeptScalar.Of(together) / stack(squares).sum().sqrt().clamp(min: KeptScalar.Of(together));
            foreach (Tensor gradient in gradients)
            {
                gradient.mul_(factor);
            }
        }
    }

    /// <summary>Clips single values, in place, unless a norm is clipped.</summary>
    public static void ClipValues(Optimizer optimizer, Tensor gradient)
    {
        if (!NeedsNorms(optimizer))
        {
            Clamp(optimizer, gradient);
        }
    }

    private static void Clamp(Optimizer optimizer, Tensor gradient)
    {
        if (optimizer.Options.Clipvalue is > 0 and { } largest)
        {
            gradient.clamp_(KeptScalar.Of(-largest), KeptScalar.Of(largest));
        }
    }
}
