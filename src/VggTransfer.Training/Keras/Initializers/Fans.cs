namespace VggTransfer.Keras.Initializers;

/// <summary>
/// How many values a unit takes and how many units take its value (keras/src/initializers/initializers.py,
/// <c>_compute_fans</c>): 9 times the channels for a 3x3 convolution.
/// </summary>
internal readonly record struct Fans(double In, double Out)
{
    public static Fans Of(IReadOnlyList<int> shape)
    {
        switch (shape.Count)
        {
            case 0:
                return new(1, 1);
            case 1:
                return new(shape[0], shape[0]);
            default:
                double window = 1;
                for (int i = 0; i < shape.Count - 2; i++)
                {
                    window *= shape[i];
                }

                return new(window * shape[^2], window * shape[^1]);
        }
    }
}
