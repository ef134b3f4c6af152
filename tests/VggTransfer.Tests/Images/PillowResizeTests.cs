using System.Globalization;
using System.IO.Hashing;
using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

public sealed class PillowResizeTests
{
    /// <summary>Oracle: CRC-32 of what Pillow 9.4 makes of the same pattern.</summary>
    [Theory]
    [InlineData(ResizeFilter.Nearest, 9, 7, "", 0x3fe238e7)]
    [InlineData(ResizeFilter.Nearest, 40, 31, "", 0x146740d9)]
    [InlineData(ResizeFilter.Nearest, 10, 8, "2,1,20,16", 0xef998341)]
    [InlineData(ResizeFilter.Nearest, 12, 12, "1.5,2.25,21.75,15.5", 0x4c7beffd)]
    [InlineData(ResizeFilter.Bilinear, 9, 7, "", 0xfbedff9d)]
    [InlineData(ResizeFilter.Bilinear, 40, 31, "", 0x3d77476f)]
    [InlineData(ResizeFilter.Bilinear, 10, 8, "2,1,20,16", 0x025be5d9)]
    [InlineData(ResizeFilter.Bilinear, 12, 12, "1.5,2.25,21.75,15.5", 0x433c037e)]
    [InlineData(ResizeFilter.Bicubic, 9, 7, "", 0x2eb78f21)]
    [InlineData(ResizeFilter.Bicubic, 40, 31, "", 0x42169613)]
    [InlineData(ResizeFilter.Bicubic, 10, 8, "2,1,20,16", 0x3d7873ed)]
    [InlineData(ResizeFilter.Bicubic, 12, 12, "1.5,2.25,21.75,15.5", 0xfd5cfc62)]
    [InlineData(ResizeFilter.Lanczos, 9, 7, "", 0x1814ad2c)]
    [InlineData(ResizeFilter.Lanczos, 40, 31, "", 0xc5ddda97)]
    [InlineData(ResizeFilter.Lanczos, 10, 8, "2,1,20,16", 0x57fa1bf5)]
    [InlineData(ResizeFilter.Lanczos, 12, 12, "1.5,2.25,21.75,15.5", 0x8a8adbce)]
    public void Resize_is_Pillows_bit_for_bit(ResizeFilter filter, int width, int height, string box, uint crc)
    {
        float[] edges = [.. box.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(e => float.Parse(e, CultureInfo.InvariantCulture))];

        RgbImage resized = PillowResize.Resize(
            Pattern(23, 17), width, height, filter, edges.Length == 0 ? null : new ResizeBox(edges[0], edges[1], edges[2], edges[3]));

        Assert.Equal(crc, Crc32.HashToUInt32(resized.Pixels));
    }

    [Theory]
    [InlineData(ResizeFilter.Nearest)]
    [InlineData(ResizeFilter.Lanczos)]
    public void Resize_to_the_same_size_changes_nothing(ResizeFilter filter)
    {
        RgbImage image = Pattern(23, 17);

        Assert.True(PillowResize.Resize(image, 23, 17, filter).Pixels.SequenceEqual(image.Pixels));
    }

    [Fact]
    public void Height_that_shrinks_much_more_than_the_width_is_resized_first()
    {
        // Oracle: Pillow 13, as two resizes of one axis each.
        RgbImage image = Pattern(34, 90);

        RgbImage direct = PillowResize.Resize(image, 24, 24, ResizeFilter.Bilinear);

        RgbImage stepwise = PillowResize.Resize(PillowResize.Resize(image, 34, 24, ResizeFilter.Bilinear), 24, 24, ResizeFilter.Bilinear);
        Assert.True(direct.Pixels.SequenceEqual(stepwise.Pixels));
    }

    [Theory]
    [InlineData(0, 5, "width")]
    [InlineData(5, -1, "height")]
    public void Sizes_below_1_are_misuse(int width, int height, string parameter) =>
        Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(() => PillowResize.Resize(Pattern(3, 3), width, height, ResizeFilter.Nearest)).ParamName);

    [Theory]
    [InlineData(-1, 0, 3, 3)]
    [InlineData(0, 0, 4, 3)]
    [InlineData(2, 0, 2, 3)]
    [InlineData(0, float.NaN, 3, 3)]
    public void Boxes_outside_the_image_are_misuse(float left, float top, float right, float bottom) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            PillowResize.Resize(Pattern(3, 3), 2, 2, ResizeFilter.Bilinear, new ResizeBox(left, top, right, bottom)));

    internal static RgbImage Pattern(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            int x = i % width, y = i / width;
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = ((byte)(x * 11), (byte)(y * 15), (byte)(x * y * 7));
        }

        return new RgbImage(width, height, pixels);
    }
}
