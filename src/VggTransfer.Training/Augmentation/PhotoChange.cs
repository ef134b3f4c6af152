using VggTransfer.Keras.Data;
using VggTransfer.Keras;

namespace VggTransfer.Augmentation;

/// <summary>What a <see cref="PhotoAugmentation"/> does to one photo.</summary>
/// <param name="augmentation">What is asked for.</param>
/// <param name="size">Side of the square in pixels.</param>
/// <param name="seed">What all random numbers follow from.</param>
internal readonly ref struct PhotoChange(PhotoAugmentation augmentation, int size, ulong seed)
{
    private const int Channels = 3;

    // Each change draws from a sequence of its own.
    private enum Part
    {
        Flip,
        Crop,
        Move,
        Colours,
        Blur,
        Erasing,
    }

    private bool Flips => Numbers(Part.Flip).Below(2) == 1 && augmentation.HorizontalFlip;

    /// <summary>Changes a square in place: nothing that needs the rest of the photo.</summary>
    public void Apply(Span<byte> square)
    {
        if (Flips)
        {
            Mirror(square, size);
        }

        ChangePixels(square);
    }

    /// <summary>Draws the square from the photo, and changes it.</summary>
    public void Apply(PhotoPicture picture, Span<byte> square)
    {
        PhotoView view = augmentation.CropScale < 1
            ? PhotoView.Crop(augmentation, picture.Width, picture.Height, Numbers(Part.Crop))
            : PhotoView.CentreSquare(picture.Width, picture.Height);
        PhotoSampler.Draw(picture, view.Move(augmentation, Numbers(Part.Move)), size, Flips, square);
        ChangePixels(square);
    }

    /// <summary>Mirrors a square.</summary>
    public static void Mirror(Span<byte> square, int size)
    {
        for (int y = 0; y < size; y++)
        {
            Span<byte> row = square.Slice(y * size * Channels, size * Channels);
            for (int left = 0, right = (size - 1) * Channels; left < right; left += Channels, right -= Channels)
            {
                (row[left], row[right]) = (row[right], row[left]);
                (row[left + 1], row[right + 1]) = (row[right + 1], row[left + 1]);
                (row[left + 2], row[right + 2]) = (row[right + 2], row[left + 2]);
            }
        }
    }

    private void ChangePixels(Span<byte> square)
    {
        ColourJitter.Apply(square, augmentation, Numbers(Part.Colours));
        SampleRandom blur = Numbers(Part.Blur);
        if (blur.Unit() < augmentation.Blur)
        {
            GaussianBlur.Apply(square, size, blur.Between(GaussianBlur.SmallestSigma, augmentation.BlurSigma));
        }

        SampleRandom erasing = Numbers(Part.Erasing);
        if (erasing.Unit() < augmentation.Erasing)
        {
            RandomErasing.Apply(square, size, erasing);
        }
    }

    private SampleRandom Numbers(Part part) => new(RandomNumbers.Split(seed, (ulong)part));
}
