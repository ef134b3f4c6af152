using System.Numerics.Tensors;

namespace VggTransfer.Classification;

/// <summary>A multinomial logistic regression on raw features; their standardisation is folded into the weights.</summary>
internal sealed class LinearHead
{
    /// <param name="weights">(classes, dimension), row by row.</param>
    /// <param name="biases">One for each class.</param>
    public LinearHead(float[] weights, float[] biases)
    {
        if (biases.Length == 0 || weights.Length % biases.Length != 0)
        {
            throw new ArgumentException($"{weights.Length} weights can't belong to {biases.Length} classes.", nameof(weights));
        }

        Weights = weights;
        Biases = biases;
    }

    public float[] Weights { get; }

    public float[] Biases { get; }

    public int Classes => Biases.Length;

    public int Dimension => Weights.Length / Biases.Length;

    /// <summary>The probabilities of all classes.</summary>
    /// <param name="features">As long as <see cref="Dimension"/>.</param>
    public float[] Probabilities(ReadOnlySpan<float> features)
    {
        float[] values = Logits(features);
        ToProbabilities(values);
        return values;
    }

    /// <summary>The logits of all classes.</summary>
    /// <param name="features">As long as <see cref="Dimension"/>.</param>
    public float[] Logits(ReadOnlySpan<float> features)
    {
        float[] values = new float[Classes];
        for (int k = 0; k < values.Length; k++)
        {
            values[k] = TensorPrimitives.Dot(Weights.AsSpan(k * Dimension, Dimension), features) + Biases[k];
        }

        return values;
    }

    /// <summary>The head whose logits are these divided by a temperature.</summary>
    public LinearHead AtTemperature(double temperature) => new(
        [.. Weights.Select(weight => (float)(weight / temperature))], [.. Biases.Select(bias => (float)(bias / temperature))]);

    /// <summary>Logits to probabilities, in place.</summary>
    public static void ToProbabilities(Span<float> logits)
    {
        // SoftMax alone overflows for logits beyond 88.
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.SoftMax(logits, logits);
    }
}
