namespace VggTransfer.Images;

/// <summary>
/// Resizes like <c>tf.image.resize</c>, Keras' <c>Resizing</c> layer and <c>image_dataset_from_directory</c>: bilinear over
/// four source pixels however strong the reduction, so without antialiasing; half-pixel centres; 32-bit floats, never rounded.
/// </summary>
public static class TensorFlowResize
{
    /// <summary>Resizes an image.</summary>
    /// <param name="image">The source.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <param name="fit">What to do where the shapes differ.</param>
    /// <returns><c>height * width * 3</c> values from 0 to 255 in HWC order, red first.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="image"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, the result would hold more than 2,147,483,591 values, or the fit is unknown.</exception>
    public static float[] Resize(RgbImage image, int width, int height, TensorFlowFit fit = TensorFlowFit.Stretch)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)width * height, 0x7FFFFFC7 / 3, nameof(width));

        // The offsets count from the source's corner to the canvas's: positive inside the source, negative for padding.
        int canvasWidth = image.Width, canvasHeight = image.Height;
        int fittingWidth = (int)Math.Min((long)image.Height * width / height, int.MaxValue);
        int fittingHeight = (int)Math.Min((long)image.Width * height / width, int.MaxValue);
        switch (fit)
        {
            case TensorFlowFit.Stretch:
                break;
            case TensorFlowFit.CropToAspectRatio:
                canvasWidth = Math.Max(1, Math.Min(image.Width, fittingWidth));
                canvasHeight = Math.Max(1, Math.Min(image.Height, fittingHeight));
                break;
            case TensorFlowFit.PadToAspectRatio:
                // Keras pads both sides alike, so of an odd difference one row or column is left out.
                canvasWidth += Math.Max(0, fittingWidth - image.Width) / 2 * 2;
                canvasHeight += Math.Max(0, fittingHeight - image.Height) / 2 * 2;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fit), fit, "The fit is not a member of TensorFlowFit.");
        }

        Tap[] columns = Taps(canvasWidth, width, Offset(image.Width, canvasWidth), image.Width);
        Tap[] rows = Taps(canvasHeight, height, Offset(image.Height, canvasHeight), image.Height);
        return Interpolate(image, columns, rows);
    }

    private static float[] Interpolate(RgbImage image, Tap[] columns, Tap[] rows)
    {
        float[] result = new float[rows.Length * columns.Length * 3];
        ReadOnlySpan<byte> pixels = image.Pixels;
        int to = 0;
        foreach (Tap row in rows)
        {
            foreach (Tap column in columns)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    float topLeft = Value(pixels, image.Width, row.Lower, column.Lower, channel);
                    float topRight = Value(pixels, image.Width, row.Lower, column.Upper, channel);
                    float bottomLeft = Value(pixels, image.Width, row.Upper, column.Lower, channel);
                    float bottomRight = Value(pixels, image.Width, row.Upper, column.Upper, channel);
                    float top = topLeft + ((topRight - topLeft) * column.Fraction);
                    float bottom = bottomLeft + ((bottomRight - bottomLeft) * column.Fraction);
                    result[to++] = top + ((bottom - top) * row.Fraction);
                }
            }
        }

        return result;
    }

    private static float Value(ReadOnlySpan<byte> pixels, int width, int row, int column, int channel) =>
        row < 0 || column < 0 ? 0 : pixels[(((row * width) + column) * 3) + channel];

    // Keras halves as int(float(difference) / 2), which truncates towards zero on either side.
    private static int Offset(int source, int canvas) => (source - canvas) / 2;

    private static Tap[] Taps(int canvas, int length, int offset, int source)
    {
        Tap[] taps = new Tap[length];
        float scale = (float)canvas / length;
        for (int i = 0; i < length; i++)
        {
            float at = ((i + 0.5f) * scale) - 0.5f;
            float floor = MathF.Floor(at);
            int lower = Math.Max((int)floor, 0);
            int upper = Math.Min((int)MathF.Ceiling(at), canvas - 1);
            taps[i] = new Tap(InSource(Math.Min(lower, canvas - 1)), InSource(Math.Max(upper, 0)), at - floor);
        }

        return taps;

        // -1 stands for the black around a padded source.
        int InSource(int position) => position + offset is int p && p >= 0 && p < source ? p : -1;
    }

    private readonly record struct Tap(int Lower, int Upper, float Fraction);
}
