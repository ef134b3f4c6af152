using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>Mixes the samples of a batch in pairs, by mixup or CutMix.</summary>
/// <param name="mixUpAlpha">0 for CutMix alone.</param>
/// <param name="cutMixAlpha">0 for mixup alone; not both are 0.</param>
internal sealed class BatchMixing(double mixUpAlpha, double cutMixAlpha)
{
    /// <summary>The mixed batch.</summary>
    /// <exception cref="ArgumentException">The targets aren't one-hot rows of floats, or the inputs are of a shape or type that can't be mixed.</exception>
    public Batch Apply(Batch batch, SampleRandom random)
    {
        if (batch.Y is not { Shape.Count: 2, Values: float[] })
        {
            string found = batch.Y is null ? "this batch has none" : $"these are {batch.Y.Type} of shape ({string.Join(", ", batch.Y.Shape)})";
            throw new ArgumentException($"Only one-hot targets, (samples, classes) of 4-byte floats, can be mixed, and {found}; ToCategorical makes them from class indices.", nameof(batch));
        }

        bool cuts = random.Below(2) == 1 ? cutMixAlpha > 0 : mixUpAlpha == 0;
        int[] partners = random.Permutation(batch.Count);
        double share = random.SymmetricBeta(cuts ? cutMixAlpha : mixUpAlpha);
        NDArray x = cuts ? Cut(batch.X, partners, ref share, random) : Blend(batch.X, partners, (float)share);
        return new Batch(x, Blend(batch.Y, partners, (float)share), batch.SampleWeight is { } weight ? Blend(weight, partners, (float)share) : null);
    }

    private static NDArray Blend(NDArray array, int[] partners, float share)
    {
        float[] values = array.Values as float[] ?? array.ToSingles();
        float[] mixed = new float[values.Length];
        int length = array.RowLength;
        for (int sample = 0; sample < partners.Length; sample++)
        {
            ReadOnlySpan<float> own = values.AsSpan(sample * length, length), other = values.AsSpan(partners[sample] * length, length);
            Span<float> to = mixed.AsSpan(sample * length, length);
            for (int i = 0; i < length; i++)
            {
                to[i] = (share * own[i]) + ((1 - share) * other[i]);
            }
        }

        return NDArray.From(mixed, [.. array.Shape]);
    }

    /// <param name="images">The images.</param>
    /// <param name="partners">Whose rectangle each gets.</param>
    /// <param name="share">What shall stay of each image; at the end, what did.</param>
    /// <param name="random">The numbers.</param>
    private static NDArray Cut(NDArray images, int[] partners, ref double share, SampleRandom random)
    {
        if (images.Shape.Count != 4)
        {
            throw new ArgumentException($"Only images (samples, height, width, channels) can be cut, and these inputs are ({string.Join(", ", images.Shape)}).", nameof(images));
        }

        (int height, int width) = (images.Shape[1], images.Shape[2]);

        // A rectangle of the image's shape around a point of it; what reaches beyond the image is lost.
        double side = Math.Sqrt(1 - share);
        (int x, int y) = (random.Below(width), random.Below(height));
        (int left, int right) = Range(x, side, width);
        (int top, int bottom) = Range(y, side, height);
        share = 1 - ((double)(right - left) * (bottom - top) / ((double)width * height));
        var box = new Rectangle(left, top, right, bottom);
        int[] shape = [.. images.Shape];
        return images.Values switch
        {
            byte[] bytes => NDArray.From(Paste(bytes, shape, partners, box), shape),
            float[] singles => NDArray.From(Paste(singles, shape, partners, box), shape),
            _ => throw new ArgumentException($"Only images of bytes or 4-byte floats can be cut, and these are {images.Type}.", nameof(images)),
        };
    }

    private static (int First, int End) Range(int centre, double side, int length)
    {
        double half = side * length / 2;
        return ((int)Math.Clamp(Math.Round(centre + 0.5 - half), 0, length), (int)Math.Clamp(Math.Round(centre + 0.5 + half), 0, length));
    }

    private static T[] Paste<T>(T[] images, int[] shape, int[] partners, Rectangle box)
    {
        var mixed = (T[])images.Clone();
        int stride = shape[2] * shape[3], size = shape[1] * stride;
        for (int sample = 0; sample < partners.Length; sample++)
        {
            for (int y = box.Top; y < box.Bottom; y++)
            {
                int start = (y * stride) + (box.Left * shape[3]);
                images.AsSpan((partners[sample] * size) + start, (box.Right - box.Left) * shape[3]).CopyTo(mixed.AsSpan((sample * size) + start));
            }
        }

        return mixed;
    }

    /// <summary>Right and bottom are excluded.</summary>
    private readonly record struct Rectangle(int Left, int Top, int Right, int Bottom);
}
