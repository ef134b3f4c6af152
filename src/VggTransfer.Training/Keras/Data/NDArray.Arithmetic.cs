using System.Numerics.Tensors;

namespace VggTransfer.Keras.Data;

/// <content>The arithmetic that preparing images needs.</content>
public sealed partial class NDArray
{
    /// <summary>Each value divided by a number: <c>pixels / 255</c>. Whole numbers become 4-byte floating point.</summary>
    public static NDArray operator /(NDArray values, double divisor)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Type == ElementType.Float64)
        {
            double[] doubles = values.ToDoubles();
            TensorPrimitives.Divide(doubles, divisor, doubles);
            return From(doubles, values._shape);
        }

        float[] singles = values.ToSingles();
        TensorPrimitives.Divide(singles, (float)divisor, singles);
        return From(singles, values._shape);
    }
}
