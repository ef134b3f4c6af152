using VggTransfer.Augmentation;
using VggTransfer.Images;
using VggTransfer.Keras.Data;

namespace VggTransfer.Tests.Augmentation;

public class PhotoSamplerTests
{
    [Fact]
    public void A_view_of_the_whole_in_its_own_size_is_the_picture()
    {
        RgbImage image = Noise(24, 24);
        Assert.Equal(image.Pixels.ToArray(), Draw(image, PhotoView.CentreSquare(24, 24), 24));
    }

    [Theory]
    [InlineData(20, 15, 60, 60, 20)]
    [InlineData(17.25, 21.5, 70.5, 52.75, 32)]
    [InlineData(30, 30, 20, 24, 48)]
    public void An_upright_box_is_what_Pillow_makes_of_it(double left, double top, double width, double height, int size)
    {
        // Pillow rounds to 8 bits between its two passes; its filter stops at the picture's border, so the box keeps away from it.
        RgbImage image = Noise(110, 100);
        byte[] actual = Draw(image, PhotoView.Box(left, top, width, height), size);
        byte[] expected = PillowResize.Resize(image, size, size, ResizeFilter.Bilinear, new ResizeBox((float)left, (float)top, (float)(left + width), (float)(top + height))).Pixels.ToArray();
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
        Assert.InRange(expected.Zip(actual).Count(pair => pair.First != pair.Second), 0, expected.Length / 3);
    }

    [Fact]
    public void A_quarter_turn_moves_each_pixel()
    {
        const int Size = 16;
        RgbImage image = Noise(Size, Size);
        byte[] turned = Draw(image, new PhotoView(Size / 2.0, Size / 2.0, 0, -Size, Size, 0), Size);
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                Assert.Equal(image.Pixels.Slice(((x * Size) + Size - 1 - y) * 3, 3), turned.AsSpan(((y * Size) + x) * 3, 3));
            }
        }
    }

    [Fact]
    public void Beyond_the_border_lies_the_reflection()
    {
        Assert.Equal([2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1], Enumerable.Range(-3, 11).Select(position => Reflection.Of(position, 3)));
        RgbImage image = Noise(8, 8);
        byte[] shifted = Draw(image, PhotoView.Box(-3, 0, 8, 8), 8);
        for (int x = 0; x < 8; x++)
        {
            Assert.Equal(image.Pixels.Slice((x < 3 ? 2 - x : x - 3) * 3, 3), shifted.AsSpan(x * 3, 3));
        }
    }

    [Fact]
    public void A_flip_is_the_exact_mirror_image()
    {
        RgbImage image = Noise(50, 40);
        PhotoView view = PhotoView.CentreSquare(50, 40).Move(new PhotoAugmentation { Rotation = 30, Shear = 10, Zoom = 0.3, Translate = 0.2 }, new SampleRandom(4));
        byte[] plain = Draw(image, view, 33), flipped = new byte[plain.Length];
        PhotoSampler.Draw(PhotoPicture.Of(image), view, 33, flip: true, flipped);
        Assert.NotEqual(plain, flipped);
        PhotoChange.Mirror(flipped, 33);
        Assert.Equal(plain, flipped);
    }

    [Fact]
    public void Crops_lie_within_the_picture_and_have_the_area_and_shape_asked_for()
    {
        var augmentation = new PhotoAugmentation { CropScale = 0.35 };
        var random = new SampleRandom(1);
        double least = 1, most = 0;
        for (int i = 0; i < 2000; i++)
        {
            PhotoView view = PhotoView.Crop(augmentation, 400, 300, random);
            double share = view.XPerU * view.YPerV / (400 * 300);
            (least, most) = (Math.Min(least, share), Math.Max(most, share));
            Assert.InRange(view.XPerU / view.YPerV, 0.7499, 1.3334);
            Assert.InRange(view.CentreX, view.XPerU / 2, 400 - (view.XPerU / 2));
            Assert.InRange(view.CentreY, view.YPerV / 2, 300 - (view.YPerV / 2));
        }

        Assert.InRange(least, 0.35, 0.36);
        Assert.InRange(most, 0.9, 1);
        PhotoView narrow = PhotoView.Crop(augmentation, 10, 1000, random);
        Assert.InRange(narrow.XPerU * narrow.YPerV, 0, 10 * 10 * 4 / 3.0);
    }

    [Fact]
    public void Moves_turn_and_enlarge_as_far_as_they_may()
    {
        var augmentation = new PhotoAugmentation { Rotation = 20, Zoom = 0.25 };
        var random = new SampleRandom(2);
        PhotoView[] views = [.. Enumerable.Range(0, 2000).Select(_ => PhotoView.CentreSquare(100, 100).Move(augmentation, random))];
        Assert.All(views, view => Assert.Equal(0, (view.XPerU * view.XPerV) + (view.YPerU * view.YPerV), 1e-6));
        double[] angles = [.. views.Select(view => Math.Atan2(view.YPerU, view.XPerU) * 180 / Math.PI)];
        double[] zooms = [.. views.Select(view => 100 / Math.Sqrt((view.XPerU * view.YPerV) - (view.XPerV * view.YPerU)))];
        Assert.InRange(angles.Min(), -20, -19.5);
        Assert.InRange(angles.Max(), 19.5, 20);
        Assert.InRange(zooms.Min(), 0.7499, 0.76);
        Assert.InRange(zooms.Max(), 1.24, 1.2501);
    }

    private static byte[] Draw(RgbImage image, PhotoView view, int size)
    {
        byte[] rgb = new byte[size * size * 3];
        PhotoSampler.Draw(PhotoPicture.Of(image), view, size, flip: false, rgb);
        return rgb;
    }

    private static RgbImage Noise(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(7).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }
}
