using System.ComponentModel.DataAnnotations;
using VggTransfer.Keras;
using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>
/// Random changes of training images, so that a network doesn't learn the images by heart. What happens to an image follows
/// from the seed, the pass and its place in the pass; images of a batch are worked on in parallel.
/// </summary>
public sealed record ImageAugmentation
{
    /// <summary>
    /// Black pixels around the image, of which the old size is cut out anew: shifts of up to as many pixels (He et al.,
    /// Deep Residual Learning, 2016, section 4.2: 4 for 32x32 images). 0 or more; 0 for no shift.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    [Range(0, int.MaxValue)]
    public int CropPadding { get; init => field = OptionRange.Checked<ImageAugmentation, int>(value); }

    /// <summary>Whether every second image, on average, is mirrored.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>
    /// Side of a square that is blackened, its centre anywhere in the image (DeVries and Taylor, Improved Regularization
    /// with Cutout, 2017), in pixels. 0 or more; 0 for none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    [Range(0, int.MaxValue)]
    public int Cutout { get; init => field = OptionRange.Checked<ImageAugmentation, int>(value); }

    /// <summary>The batch with changed images.</summary>
    /// <exception cref="ArgumentException">The inputs aren't images of bytes or 4-byte floats.</exception>
    internal Batch Apply(Batch batch, ulong seed)
    {
        NDArray x = batch.X;
        if (x.Shape.Count != 4)
        {
            throw new ArgumentException($"Only images (samples, height, width, channels) can be augmented, and these inputs are ({string.Join(", ", x.Shape)}).", nameof(batch));
        }

        int[] shape = [.. x.Shape];
        return batch with
        {
            X = x.Values switch
            {
                byte[] bytes => NDArray.From(Apply(bytes, shape, seed), shape),
                float[] singles => NDArray.From(Apply(singles, shape, seed), shape),
                _ => throw new ArgumentException($"Only images of bytes or 4-byte floats can be augmented, and these are {x.Type}.", nameof(batch)),
            },
        };
    }

    private T[] Apply<T>(T[] images, int[] shape, ulong seed)
    {
        var changed = new T[images.Length];
        int size = images.Length / Math.Max(1, shape[0]);
        Parallel.For(0, shape[0], i => Change<T>(
            images.AsSpan(i * size, size), changed.AsSpan(i * size, size), shape[1], shape[2], shape[3], new SampleRandom(RandomNumbers.Split(seed, (ulong)i))));
        return changed;
    }

    private void Change<T>(ReadOnlySpan<T> image, Span<T> changed, int height, int width, int channels, SampleRandom random)
    {
        // All are drawn whether they are used or not: switching one change off leaves the others as they were.
        int down = random.Below((2 * CropPadding) + 1) - CropPadding;
        int right = random.Below((2 * CropPadding) + 1) - CropPadding;
        bool flip = random.Below(2) == 1 && HorizontalFlip;
        (int row, int column) = (random.Below(height), random.Below(width));
        for (int y = Math.Max(0, -down); y < Math.Min(height, height - down); y++)
        {
            ReadOnlySpan<T> from = image.Slice((y + down) * width * channels, width * channels);
            Span<T> to = changed.Slice(y * width * channels, width * channels);
            int first = Math.Max(0, -right), last = Math.Min(width, width - right);
            if (!flip)
            {
                if (last > first)
                {
                    from[((first + right) * channels)..((last + right) * channels)].CopyTo(to[(first * channels)..]);
                }

                continue;
            }

            for (int x = first; x < last; x++)
            {
                from.Slice((x + right) * channels, channels).CopyTo(to[((width - 1 - x) * channels)..]);
            }
        }

        if (Cutout > 0)
        {
            int left = Math.Max(0, column - (Cutout / 2)), end = Math.Min(width, column - (Cutout / 2) + Cutout);
            for (int y = Math.Max(0, row - (Cutout / 2)); y < Math.Min(height, row - (Cutout / 2) + Cutout); y++)
            {
                changed.Slice(((y * width) + left) * channels, (end - left) * channels).Clear();
            }
        }
    }
}
