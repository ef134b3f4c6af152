using VggTransfer.Images;

namespace VggTransfer.Keras.Data;

/// <summary>
/// Resizes like <c>tf.image.resize</c>, Keras' <c>Resizing</c> layer and <c>image_dataset_from_directory</c>: bilinear over
/// four source pixels however strong the reduction, so without antialiasing; half-pixel centres; 32-bit floats, never rounded.
/// </summary>
internal static class TensorFlowResize
{
    /// <summary>The source position of a tap in the black margin.</summary>
    private const int Outside = -1;

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

        return fit switch
        {
            TensorFlowFit.Stretch => Interpolate(
                image, Taps(0, image.Width, width), Taps(0, image.Height, height)),
            TensorFlowFit.CropToAspectRatio => Crop(image, width, height),
            TensorFlowFit.PadToAspectRatio => Pad(image, width, height),
            _ => throw new ArgumentOutOfRangeException(nameof(fit), fit, "The fit is not a member of TensorFlowFit."),
        };
    }

    private static float[] Crop(RgbImage image, int width, int height)
    {
        int cropWidth = (int)Math.Clamp((long)image.Height * width / height, 1, image.Width);
        int cropHeight = (int)Math.Clamp((long)image.Width * height / width, 1, image.Height);
        return Interpolate(
            image,
            Taps((image.Width - cropWidth) / 2, cropWidth, width),
            Taps((image.Height - cropHeight) / 2, cropHeight, height));
    }

    /// <summary>
    /// tf.image.resize_with_pad: the size is truncated, but the margin is half of what the size before truncation leaves; all
    /// in 32-bit floats.
    /// </summary>
    private static float[] Pad(RgbImage image, int width, int height)
    {
        float ratio = Math.Max((float)image.Width / width, (float)image.Height / height);
        return Interpolate(image, PaddedTaps(image.Width, width, ratio), PaddedTaps(image.Height, height, ratio));
    }

    private static Tap[] PaddedTaps(int source, int length, float ratio)
    {
        float exact = source / ratio;
        int inner = Math.Clamp((int)exact, 1, length);
        int margin = Math.Clamp((int)((length - exact) / 2), 0, length - inner);
        Tap[] taps = new Tap[length];
        Array.Fill(taps, new Tap(Outside, Outside, 0));
        Taps(0, source, inner).CopyTo(taps, margin);
        return taps;
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
        row == Outside || column == Outside ? 0 : pixels[(((row * width) + column) * 3) + channel];

    /// <summary>The taps of one axis: <paramref name="extent"/> source pixels from <paramref name="start"/> on become <paramref name="length"/>.</summary>
    private static Tap[] Taps(int start, int extent, int length)
    {
        Tap[] taps = new Tap[length];
        float scale = (float)extent / length;
        for (int i = 0; i < length; i++)
        {
            float at = ((i + 0.5f) * scale) - 0.5f;
            float floor = MathF.Floor(at);
            int lower = Math.Clamp((int)floor, 0, extent - 1);
            int upper = Math.Clamp((int)MathF.Ceiling(at), 0, extent - 1);
            taps[i] = new Tap(start + lower, start + upper, at - floor);
        }

        return taps;
    }

    private readonly record struct Tap(int Lower, int Upper, float Fraction);
}
