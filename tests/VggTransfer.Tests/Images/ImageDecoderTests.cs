using SkiaSharp;
using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

public sealed class ImageDecoderTests : IDisposable
{
    private static readonly ImageDecodeOptions s_asStored = new() { Orientation = ImageOrientation.AsStored };

    private readonly string _folder = Directory.CreateTempSubdirectory("vggtransfer-images").FullName;

    [Fact]
    public void Alpha_is_dropped_without_blending()
    {
        using SKBitmap drawn = SampleImages.Draw(9, 7, alpha: true);

        RgbImage image = ImageDecoder.Decode(SampleImages.Encode(drawn, SKEncodedImageFormat.Png), "drawn.png");

        Assert.Equal((9, 7), (image.Width, image.Height));
        SKColor[] pixels = drawn.Pixels;
        for (int i = 0; i < pixels.Length; i++)
        {
            Assert.Equal((pixels[i].Red, pixels[i].Green, pixels[i].Blue), (image.Pixels[i * 3], image.Pixels[(i * 3) + 1], image.Pixels[(i * 3) + 2]));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Orientation_is_applied_to_jpeg_png_and_webp_alike(bool bigEndian)
    {
        byte[] jpeg = SampleImages.Jpeg(19, 13), png = SampleImages.Png(19, 13, alpha: true), webp = SampleImages.WebP(19, 13);
        for (int orientation = 1; orientation <= 8; orientation++)
        {
            byte[] exif = SampleImages.Exif(orientation, bigEndian);
            AssertTurned(SampleImages.WithApp1(jpeg, [.. "Exif\0\0"u8, .. exif]), orientation);
            AssertTurned(SampleImages.WithChunk(png, "eXIf"u8, exif), orientation);
            AssertTurned(SampleImages.WebPWithExif(webp, 19, 13, exif), orientation);
        }
    }

    [Fact]
    public void Orientation_is_found_in_xmp_where_exif_says_nothing()
    {
        byte[] xmp = [.. "http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation=\"6\"/>"u8];

        AssertTurned(SampleImages.WithApp1(SampleImages.Jpeg(19, 13), xmp), 6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Undefined_orientations_leave_the_picture_alone(int orientation)
    {
        byte[] jpeg = SampleImages.Jpeg(19, 13);

        RgbImage image = ImageDecoder.Decode(SampleImages.WithApp1(jpeg, [.. "Exif\0\0"u8, .. SampleImages.Exif(orientation, true)]), "odd.jpg");

        Assert.True(image.Pixels.SequenceEqual(ImageDecoder.Decode(jpeg, "plain.jpg").Pixels));
    }

    [Fact]
    public void Jpeg_that_lacks_anything_before_its_end_is_refused_as_truncated()
    {
        byte[] jpeg = SampleImages.Jpeg(40, 30);
        for (int length = 3; length < jpeg.Length; length += 7)
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(jpeg.AsMemory(0, length), "cut.jpg"));
            Assert.Contains("is truncated", error.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Png_or_webp_cut_in_half_is_refused(SKEncodedImageFormat format)
    {
        using SKBitmap drawn = SampleImages.Draw(40, 30);
        byte[] file = SampleImages.Encode(drawn, format);

        Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(file.AsMemory(0, file.Length / 2), "cut"));
    }

    [Fact]
    public void Png_with_a_wrong_checksum_is_refused_with_the_chunk_and_its_place()
    {
        byte[] png = SampleImages.Png(9, 7);
        png[^20] ^= 1;

        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(png, "photos/a.png"));

        Assert.Equal("photos/a.png", error.Path);
        Assert.Contains("checksum of the PNG's chunk IDAT at byte", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("'photos/a.png' is damaged: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bomb_is_refused_by_its_header()
    {
        // A bitmap of 60000 x 60000 pixels in 1078 bytes.
        byte[] bomb = SampleImages.PaletteBmp(1, 1);
        BitConverter.TryWriteBytes(bomb.AsSpan(18), 60000);
        BitConverter.TryWriteBytes(bomb.AsSpan(22), 60000);

        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(bomb, "bomb.bmp"));

        Assert.Contains("3600000000 pixels, which is above the limit of 178956970", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_are_those_of_the_options()
    {
        byte[] png = SampleImages.Png(10, 10);

        Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(png, "a", new ImageDecodeOptions { MaxPixels = 99 }));
        Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(png, "a", new ImageDecodeOptions { MaxBytes = png.Length - 1 }));
        Assert.Equal(10, ImageDecoder.Decode(png, "a", new ImageDecodeOptions { MaxPixels = 100, MaxBytes = png.Length }).Width);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Contains("MaxPixels", Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodeOptions { MaxPixels = 0 }).Message, StringComparison.Ordinal);
        Assert.Contains("MaxBytes", Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodeOptions { MaxBytes = long.MaxValue }).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodeOptions { Orientation = (ImageOrientation)7 });
    }

    [Theory]
    [InlineData("", "is an empty file")]
    [InlineData("hello, world\n", "is text")]
    [InlineData("<?xml version=\"1.0\"?><svg xmlns=\"x\"/>", "is an SVG drawing")]
    [InlineData("<!DOCTYPE html><html>404</html>", "is an HTML page")]
    [InlineData("II*\0....", "is a TIFF image")]
    [InlineData("\0\0\0\u0018ftypavif", "is an AVIF image")]
    [InlineData("\0\0\0\u0018ftypheic", "is a HEIF image")]
    [InlineData("\0\0\0\fjP  \r\n\u0087\n", "is a JPEG 2000 image")]
    [InlineData("%PDF-1.7", "is a PDF document")]
    public void What_is_no_image_that_is_read_is_named(string content, string reason)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(content);

        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(bytes, "x"));

        Assert.StartsWith(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void File_is_not_locked_whether_it_is_read_or_refused()
    {
        string good = Path.Combine(_folder, "good.png"), bad = Path.Combine(_folder, "bad.png");
        File.WriteAllBytes(good, SampleImages.Png(3, 2));
        File.WriteAllText(bad, "no image");

        Assert.Equal(3, ImageDecoder.Decode(good).Width);
        Assert.Throws<InvalidImageException>(() => ImageDecoder.Decode(bad));

        using FileStream first = new(good, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        using FileStream second = new(bad, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public void Missing_files_and_folders_are_reported_with_the_standard_exceptions()
    {
        Assert.Throws<FileNotFoundException>(() => ImageDecoder.Decode(Path.Combine(_folder, "none.jpg")));
        Assert.Throws<UnauthorizedAccessException>(() => ImageDecoder.Decode(_folder));
    }

    [Fact]
    public void Header_gives_the_size_as_displayed()
    {
        string path = Path.Combine(_folder, "turned.png");
        File.WriteAllBytes(path, SampleImages.WithChunk(SampleImages.Png(19, 13), "eXIf"u8, SampleImages.Exif(6, bigEndian: true)));

        Assert.Equal(new ImageHeader(13, 19, ImageFormat.Png), ImageDecoder.ReadHeader(path));
        Assert.Equal(new ImageHeader(19, 13, ImageFormat.Png), ImageDecoder.ReadHeader(path, s_asStored));
    }

    [Fact]
    public void Header_of_a_long_jpeg_is_read_from_its_beginning()
    {
        string path = Path.Combine(_folder, "long.jpg");
        File.WriteAllBytes(path, [.. SampleImages.Jpeg(1200, 900), .. new byte[400 << 10]]);

        Assert.Equal(new ImageHeader(1200, 900, ImageFormat.Jpeg), ImageDecoder.ReadHeader(path));
    }

    [Fact]
    public void Icon_shows_its_picture_as_a_file_of_its_own_would()
    {
        byte[] png = SampleImages.Png(20, 16, alpha: true);

        RgbImage icon = ImageDecoder.Decode(SampleImages.Ico(png, 20, 16), "x.ico");

        Assert.True(icon.Pixels.SequenceEqual(ImageDecoder.Decode(png, "x.png").Pixels));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Oracle: the definition in EXIF 2.32, table 4.6.4, of where row 0 and column 0 lie.</summary>
    private static void AssertTurned(byte[] file, int orientation)
    {
        RgbImage stored = ImageDecoder.Decode(file, "stored", s_asStored);
        RgbImage upright = ImageDecoder.Decode(file, "upright");
        int width = stored.Width, height = stored.Height;
        Assert.Equal(orientation >= 5 ? (height, width) : (width, height), (upright.Width, upright.Height));
        for (int y = 0; y < upright.Height; y++)
        {
            for (int x = 0; x < upright.Width; x++)
            {
                (int fromX, int fromY) = orientation switch
                {
                    1 => (x, y),
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                Assert.True(
                    upright.Pixels.Slice(((y * upright.Width) + x) * 3, 3).SequenceEqual(stored.Pixels.Slice(((fromY * width) + fromX) * 3, 3)),
                    $"orientation {orientation}, pixel ({x}, {y})");
            }
        }
    }
}
