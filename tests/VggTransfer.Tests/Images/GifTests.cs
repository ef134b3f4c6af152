using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

/// <summary>Oracle: Pillow's first frame after <c>convert("RGB")</c>.</summary>
public sealed class GifTests
{
    private static readonly byte[][] s_palette = [[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]];

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Transparent_gif_keeps_the_palette_colour(int? transparentIndex)
    {
        RgbImage image = ImageDecoder.Decode(SampleImages.Gif(transparentIndex), "x.gif");

        Assert.Equal((4, 3), (image.Width, image.Height));
        Assert.Equal(s_palette[0], Pixel(image, 1, 1));
        Assert.Equal(s_palette[1], Pixel(image, 2, 1));
        Assert.Equal(s_palette[2], Pixel(image, 1, 2));
        Assert.Equal(s_palette[3], Pixel(image, 2, 2));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(2, 2)]
    public void Canvas_around_the_frame_shows_the_transparent_index_or_else_index_0(int? transparentIndex, int expected)
    {
        RgbImage image = ImageDecoder.Decode(SampleImages.Gif(transparentIndex), "x.gif");

        Assert.Equal(s_palette[expected], Pixel(image, 0, 0));
        Assert.Equal(s_palette[expected], Pixel(image, 3, 2));
    }

    [Fact]
    public void Every_truncation_within_the_frame_is_refused()
    {
        byte[] gif = SampleImages.Gif(transparentIndex: null);

        // The last two bytes, the block terminator and the trailer, are not needed.
        for (int length = 6; length < gif.Length - 4; length++)
        {
            Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(gif.AsMemory(0, length), "cut.gif"));
        }
    }

    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(5, new[] { 0, 4, 2, 1, 3 })]
    [InlineData(9, new[] { 0, 8, 4, 2, 6, 1, 3, 5, 7 })]
    public void Interlaced_rows_come_in_four_passes(int height, int[] expected)
    {
        GifRows rows = new(height, interlaced: true);
        List<int> order = [rows.Current];
        while (rows.MoveNext())
        {
            order.Add(rows.Current);
        }

        Assert.Equal(expected, order);
    }

    private static byte[] Pixel(RgbImage image, int x, int y) => image.Pixels.Slice(((y * image.Width) + x) * 3, 3).ToArray();
}
