using System.Numerics.Tensors;
using VggTransfer.Architectures;

namespace VggTransfer.Backbones;

/// <summary>Computes a <see cref="FeatureNormalization"/>.</summary>
internal static class FeatureNormalizer
{
    /// <param name="normalization">What to do.</param>
    /// <param name="values">The vector of one place, changed in place.</param>
    public static void Apply(FeatureNormalization normalization, Span<float> values)
    {
        if (normalization == FeatureNormalization.None)
        {
            return;
        }

        if (normalization == FeatureNormalization.Hellinger)
        {
            foreach (ref float value in values)
            {
                value = MathF.CopySign(MathF.Sqrt(MathF.Abs(value)), value);
            }
        }

        double squares = 0;
        foreach (float value in values)
        {
            squares += (double)value * value;
        }

        if (squares > 0)
        {
            TensorPrimitives.Multiply(values, (float)(1 / Math.Sqrt(squares)), values);
        }
    }
}
