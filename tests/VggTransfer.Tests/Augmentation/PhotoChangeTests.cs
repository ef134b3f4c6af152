using VggTransfer.Augmentation;
using VggTransfer.Images;

namespace VggTransfer.Tests.Augmentation;

public class PhotoChangeTests
{
    private const int Size = 32;

    private static readonly byte[] s_pixels = [200, 30, 60, 10, 120, 240, 90, 91, 40, 255, 255, 0];

    // Pillow 9.4's ImageEnhance on these four pixels; it rounds the grey values on the way.
    [Theory]
    [InlineData("Brightness", 0.6, new byte[] { 120, 18, 36, 6, 72, 144, 54, 54, 24, 153, 153, 0 })]
    [InlineData("Brightness", 1.4, new byte[] { 255, 42, 84, 14, 168, 255, 126, 127, 56, 255, 255, 0 })]
    [InlineData("Contrast", 0.6, new byte[] { 169, 67, 85, 55, 121, 193, 103, 104, 73, 202, 202, 49 })]
    [InlineData("Contrast", 1.4, new byte[] { 230, 0, 34, 0, 118, 255, 76, 77, 6, 255, 255, 0 })]
    [InlineData("Saturation", 0.6, new byte[] { 153, 51, 69, 46, 112, 184, 88, 88, 58, 243, 243, 90 })]
    [InlineData("Saturation", 1.4, new byte[] { 246, 8, 50, 0, 127, 255, 92, 93, 22, 255, 255, 0 })]
    public void Colours_are_Pillows(string change, double factor, byte[] expected)
    {
        byte[] pixels = [.. s_pixels];
        switch (change)
        {
            case "Brightness":
                ColourJitter.Brightness(pixels, factor);
                break;
            case "Contrast":
                ColourJitter.Contrast(pixels, factor);
                break;
            default:
                ColourJitter.Saturation(pixels, factor);
                break;
        }

        Assert.All(expected.Zip(pixels), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
    }

    // Python's colorsys.
    [Theory]
    [InlineData(0.1, new byte[] { 200, 102, 30, 38, 10, 240, 59, 91, 40, 102, 255, 0 })]
    [InlineData(-0.25, new byte[] { 85, 30, 200, 10, 240, 15, 91, 40, 65, 255, 0, 128 })]
    [InlineData(0.5, new byte[] { 30, 200, 170, 240, 130, 10, 41, 40, 91, 0, 0, 255 })]
    [InlineData(0, new byte[] { 200, 30, 60, 10, 120, 240, 90, 91, 40, 255, 255, 0 })]
    public void The_hue_turns_as_in_HSV(double turn, byte[] expected)
    {
        byte[] pixels = [.. s_pixels];
        ColourJitter.Hue(pixels, turn);
        Assert.All(expected.Zip(pixels), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
    }

    [Fact]
    public void Brightness_is_exact_and_saturation_0_is_grey()
    {
        byte[] flat = Flat(100);
        ColourJitter.Brightness(flat, 1.25);
        Assert.All(flat, value => Assert.Equal(125, value));
        byte[] pixels = [.. s_pixels];
        ColourJitter.Saturation(pixels, 0);
        double[] grey = [(0.299 * 200) + (0.587 * 30) + (0.114 * 60), (0.299 * 10) + (0.587 * 120) + (0.114 * 240), (0.299 * 90) + (0.587 * 91) + (0.114 * 40), (0.299 + 0.587) * 255];
        Assert.Equal(grey.SelectMany(value => Enumerable.Repeat((byte)Math.Round(value), 3)), pixels);
    }

    [Fact]
    public void Grey_stays_grey_under_all_that_moves_blurs_and_colours()
    {
        var picture = PhotoPicture.Of(new RgbImage(60, 45, [.. Enumerable.Repeat((byte)93, 60 * 45 * 3)]));
        PhotoAugmentation augmentation = PhotoAugmentation.Photo with { Brightness = 0, Rotation = 180, Translate = 0.5, Shear = 45, Zoom = 0.9, Blur = 1, BlurSigma = 5 };
        byte[] square = new byte[Size * Size * 3];
        for (ulong seed = 0; seed < 20; seed++)
        {
            new PhotoChange(augmentation, Size, seed).Apply(picture, square);
            Assert.All(square, value => Assert.Equal(93, value));
        }
    }

    [Fact]
    public void A_blur_spreads_a_point_into_a_bell_and_loses_nothing()
    {
        byte[] square = new byte[Size * Size * 3];
        int centre = ((16 * Size) + 16) * 3;
        square[centre] = 255;
        GaussianBlur.Apply(square, Size, 1.5);
        double peak = 255 / (2 * Math.PI * 1.5 * 1.5);
        Assert.Equal(peak, square[centre], 1.0);
        Assert.Equal(peak * Math.Exp(-1 / 4.5), square[centre + 3], 1.0);
        Assert.Equal(square[centre + 6], square[centre - (2 * Size * 3)]);
        Assert.InRange(square.Sum(value => value), 240, 270);
        Assert.Equal(0, square[centre + 1]);
    }

    [Fact]
    public void Erasing_fills_one_rectangle_of_allowed_area_with_noise()
    {
        double least = 1, most = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            byte[] square = Flat(0);
            new PhotoChange(new PhotoAugmentation { Erasing = 1 }, Size, seed).Apply(square);
            int[] erased = [.. Enumerable.Range(0, Size * Size).Where(i => square[i * 3] + square[(i * 3) + 1] + square[(i * 3) + 2] > 0)];
            int rows = erased.Select(i => i / Size).Distinct().Count(), columns = erased.Select(i => i % Size).Distinct().Count();
            Assert.Equal(rows * columns, erased.Length);
            double share = erased.Length / (double)(Size * Size);
            (least, most) = (Math.Min(least, share), Math.Max(most, share));
        }

        Assert.InRange(least, 0.015, 0.05);
        Assert.InRange(most, 0.28, 0.35);
        int touched = Enumerable.Range(0, 1000).Count(seed =>
        {
            byte[] square = Flat(0);
            new PhotoChange(new PhotoAugmentation { Erasing = 0.25 }, Size, (ulong)seed).Apply(square);
            return square.Any(value => value != 0);
        });
        Assert.InRange(touched, 200, 300);
    }

    [Fact]
    public void Another_change_leaves_the_numbers_of_the_first_as_they_were()
    {
        byte[] pixels = new byte[60 * 50 * 3];
        new Random(3).NextBytes(pixels);
        var picture = PhotoPicture.Of(new RgbImage(60, 50, pixels));
        var some = new PhotoAugmentation { CropScale = 0.3, HorizontalFlip = true, Rotation = 20 };
        for (ulong seed = 0; seed < 20; seed++)
        {
            byte[] first = new byte[Size * Size * 3], second = new byte[Size * Size * 3];
            new PhotoChange(some, Size, seed).Apply(picture, first);
            new PhotoChange(some with { Erasing = 1 }, Size, seed).Apply(picture, second);
            Assert.InRange(first.Zip(second).Count(pair => pair.First == pair.Second), first.Length * 0.6, first.Length * 0.99);
        }
    }

    private static byte[] Flat(byte value) => [.. Enumerable.Repeat(value, Size * Size * 3)];
}
