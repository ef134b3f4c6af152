using VggTransfer.Keras.Losses;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes losses, sample by sample (keras/src/losses.py, keras/src/backend.py).</summary>
internal static class LossComputation
{
    // backend.epsilon()
    private const double Epsilon = 1e-7;

    /// <summary>The loss of each sample.</summary>
    /// <param name="loss">Which loss.</param>
    /// <param name="output">The model's output, (samples, outputs), in the type of losses.</param>
    /// <param name="logits">What went into the last softmax or sigmoid; null if there is none at the end.</param>
    /// <param name="targets">The targets.</param>
    /// <exception cref="ArgumentException">The targets don't suit the loss.</exception>
    public static Tensor PerSample(Loss loss, Tensor output, Logits? logits, Targets targets) => loss switch
    {
        CategoricalCrossentropy categorical => Categorical(categorical, output, logits, targets.Rows(loss.Name)),
        SparseCategoricalCrossentropy sparse => Sparse(sparse, output, logits, targets.Classes(loss.Name)),
        BinaryCrossentropy binary => Binary(binary, output, logits is { SoftmaxOnly: false } ? logits : null, targets.Rows(loss.Name)),
        _ => throw new NotSupportedException($"The engine doesn't know the loss {loss.Name}."),
    };

    private static Tensor Categorical(CategoricalCrossentropy loss, Tensor output, Logits? logits, Tensor rows)
    {
        if (loss.LabelSmoothing > 0)
        {
            rows = rows.mul(KeptScalar.Of(1 - loss.LabelSmoothing)).Plus(loss.LabelSmoothing / output.shape[1]);
        }

        Tensor logarithms = logits is null && !loss.FromLogits
            ? (output / output.sum(-1, keepdim: true)).clamp(KeptScalar.Of(Epsilon), KeptScalar.Of(1 - Epsilon)).log()
            : (logits?.Values ?? output).log_softmax(-1);
        return -(rows * logarithms).sum(-1);
    }

    private static Tensor Sparse(SparseCategoricalCrossentropy loss, Tensor output, Logits? logits, Tensor classes)
    {
        // Keras takes the clipped logarithms for logits, so that they are made to sum to 1 once more.
        Tensor values = logits?.Values ?? (loss.FromLogits ? output : output.clamp(KeptScalar.Of(Epsilon), KeptScalar.Of(1 - Epsilon)).log());
        return -values.log_softmax(-1).gather(1, classes.unsqueeze(1)).squeeze(1);
    }

    private static Tensor Binary(BinaryCrossentropy loss, Tensor output, Logits? logits, Tensor rows)
    {
        if (loss.LabelSmoothing > 0)
        {
            rows = rows.mul(KeptScalar.Of(1 - loss.LabelSmoothing)).Plus(0.5 * loss.LabelSmoothing);
        }

        if (logits is null && !loss.FromLogits)
        {
            Tensor p = output.clamp(KeptScalar.Of(Epsilon), KeptScalar.Of(1 - Epsilon));
            return -(rows * p.Plus(Epsilon).log()).Plus(Complement(rows) * Complement(p).Plus(Epsilon).log()).mean([-1L]);
        }

        Tensor x = logits?.Values ?? output;
        return (x.relu() - (x * rows)).Plus((-x.abs()).exp().log1p()).mean([-1L]);
    }

    private static Tensor Complement(Tensor share) => share.neg().Plus(1);
}
