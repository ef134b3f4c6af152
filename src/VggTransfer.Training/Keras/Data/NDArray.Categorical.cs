namespace VggTransfer.Keras.Data;

/// <content>Class indices as rows.</content>
public sealed partial class NDArray
{
    /// <summary>
    /// Class indices as one-hot rows (keras.utils.to_categorical): a last dimension of 1 is dropped, and one of the classes
    /// is added. Fractions are cut off; negative indices count from the last class on.
    /// </summary>
    /// <param name="numClasses">How many classes, 1 or more; null for one more than the largest index.</param>
    /// <returns>4-byte floating point.</returns>
    /// <exception cref="ArgumentException">There is no index to tell the number of classes from.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of its range, or there are no classes.</exception>
    public NDArray ToCategorical(int? numClasses = null)
    {
        int[] indices = Values as int[] ?? Array.ConvertAll(ToDoubles(), value => checked((int)value));
        if (numClasses is null && indices.Length == 0)
        {
            throw new ArgumentException("An empty array doesn't tell the number of classes; give it.", nameof(numClasses));
        }

        int classes = numClasses ?? (indices.Max() + 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1, nameof(numClasses));
        float[] rows = new float[checked(indices.Length * classes)];
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i] < 0 ? indices[i] + classes : indices[i];
            if (index < 0 || index >= classes)
            {
                throw new ArgumentOutOfRangeException(nameof(numClasses), numClasses, $"Class index {indices[i]} is out of range: with {classes} classes, the indices are 0 to {classes - 1}.");
            }

            rows[(i * classes) + index] = 1;
        }

        ReadOnlySpan<int> kept = _shape.Length > 1 && _shape[^1] == 1 ? _shape.AsSpan(0, _shape.Length - 1) : _shape;
        return From(rows, [.. kept, classes]);
    }
}
