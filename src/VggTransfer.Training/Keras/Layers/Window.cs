namespace VggTransfer.Keras.Layers;

/// <summary>What a convolution or a pool looks at: size, stride and padding.</summary>
internal sealed record Window
{
    /// <exception cref="ArgumentOutOfRangeException">A size or stride is below 1.</exception>
    /// <exception cref="ArgumentException">The padding is neither valid nor same.</exception>
    public Window((int Height, int Width) size, (int Height, int Width) strides, string padding)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Height, 1, nameof(size));
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Width, 1, nameof(size));
        ArgumentOutOfRangeException.ThrowIfLessThan(strides.Height, 1, nameof(strides));
        ArgumentOutOfRangeException.ThrowIfLessThan(strides.Width, 1, nameof(strides));
        Size = size;
        Strides = strides;
        Same = padding switch
        {
            "same" => true,
            "valid" => false,
            _ => throw new ArgumentException($"Padding is 'valid' or 'same', and '{padding}' was asked for.", nameof(padding)),
        };
    }

    public (int Height, int Width) Size { get; }

    public (int Height, int Width) Strides { get; }

    /// <summary>Whether the edges are padded so that the output has ceil(input / stride) places.</summary>
    public bool Same { get; }

    /// <summary>Height and width of the output.</summary>
    /// <exception cref="ArgumentException">The input is smaller than the window.</exception>
    public int[] Output(int height, int width, Layer layer) =>
        [Output(height, Size.Height, Strides.Height, layer), Output(width, Size.Width, Strides.Width, layer)];

    /// <summary>
    /// Zeros before and after the rows and the columns. TensorFlow puts the odd one at the end
    /// (tensorflow/core/framework/common_shape_fns.cc, GetWindowedOutputSize).
    /// </summary>
    public (int Top, int Bottom, int Left, int Right) Padding(int height, int width)
    {
        if (!Same)
        {
            return default;
        }

        (int top, int bottom) = Around(height, Size.Height, Strides.Height);
        (int left, int right) = Around(width, Size.Width, Strides.Width);
        return (top, bottom, left, right);
    }

    private static (int Before, int After) Around(int input, int size, int stride)
    {
        int total = Math.Max(0, ((((input + stride - 1) / stride) - 1) * stride) + size - input);
        return (total / 2, total - (total / 2));
    }

    private int Output(int input, int size, int stride, Layer layer)
    {
        int output = Same ? (input + stride - 1) / stride : (input - size + stride) / stride;
        return output >= 1
            ? output
            : throw new ArgumentException($"{layer.ClassName} looks at {size} pixels, and its input has only {input}: the images are too small for so many layers.");
    }
}
