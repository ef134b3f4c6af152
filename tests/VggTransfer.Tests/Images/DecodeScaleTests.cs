using System.IO.Compression;
using SkiaSharp;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Images;

public sealed class DecodeScaleTests
{
    private static readonly ImageDecodeOptions s_fast = new() { Scale = DecodeScale.Fast };

    // Waves of a few pixels in the result: half a pixel astray costs many levels. The sides of one aren't even.
    private static readonly Lazy<byte[]> s_waves = new(() => Waves(1208, 904));
    private static readonly Lazy<byte[]> s_oddWaves = new(() => Waves(1203, 907));

    public static TheoryData<string, int> RecipesAndOrientations =>
        [.. from recipe in (string[])["mlnet-crop", "shorter-side-crop", "keep-aspect-lanczos", "stretch-bilinear"] from orientation in Enumerable.Range(1, 8) select (recipe, orientation)];

    [Theory]
    [MemberData(nameof(RecipesAndOrientations))]
    public void A_reduced_decode_shows_the_same_picture_however_it_is_turned(string id, int orientation)
    {
        byte[] waves = (id == "mlnet-crop" ? s_waves : s_oddWaves).Value;
        byte[] jpeg = SampleImages.WithApp1(waves, [.. "Exif\0\0"u8, .. SampleImages.Exif(orientation, bigEndian: false)]);
        var recipe = ResizeRecipe.Parse(id);

        byte[] full = Prepare(jpeg, recipe, 100, ImageDecodeOptions.Default);
        byte[] fast = Prepare(jpeg, recipe, 100, s_fast);

        Assert.NotEqual(full, fast);
        Assert.InRange(MeanDifference(full, fast), 0.001, 1);
    }

    [Theory]
    [InlineData(400, 300, "mlnet-crop", 100, 1)]
    [InlineData(600, 400, "mlnet-crop", 100, 2)]
    [InlineData(400, 600, "mlnet-crop", 100, 2)]
    [InlineData(798, 1000, "mlnet-crop", 100, 2)]
    [InlineData(802, 1000, "mlnet-crop", 100, 2)]
    [InlineData(801, 1000, "mlnet-crop", 100, 1)]
    [InlineData(801, 1000, "keep-aspect-bicubic", 100, 4)]
    [InlineData(1000, 800, "mlnet-crop", 100, 4)]
    [InlineData(9000, 9000, "mlnet-crop", 100, 8)]
    [InlineData(1023, 1200, "shorter-side-crop", 224, 1)]
    [InlineData(1024, 1200, "shorter-side-crop", 224, 2)]
    [InlineData(9000, 9000, "stretch-nearest", 100, 1)]
    [InlineData(9000, 9000, "stretch-bilinear", 100, 8)]
    public void Twice_the_pixels_that_are_needed_remain(int width, int height, string recipe, int size, int divisor)
    {
        var container = new ImageContainer(ImageFormat.Jpeg, width, height);

        Assert.Equal(divisor, DecodeReduction.For(container, ResizeRecipe.Parse(recipe), size, DecodeScale.Fast).Divisor);
        Assert.Equal(1, DecodeReduction.For(container, ResizeRecipe.Parse(recipe), size, DecodeScale.Full).Divisor);
        Assert.Equal(1, DecodeReduction.For(container with { Format = ImageFormat.WebP }, ResizeRecipe.Parse(recipe), size, DecodeScale.Fast).Divisor);
    }

    [Fact]
    public void Small_photos_and_other_formats_give_the_same_bits()
    {
        byte[] png = SampleImages.Png(300, 200);
        byte[] jpeg = SampleImages.Jpeg(300, 200);
        foreach (ResizeRecipe recipe in ResizeRecipe.All)
        {
            Assert.Equal(Prepare(png, recipe, 32, ImageDecodeOptions.Default), Prepare(png, recipe, 32, s_fast));
            Assert.Equal(Prepare(jpeg, recipe, 64, ImageDecodeOptions.Default), Prepare(jpeg, recipe, 64, s_fast));
        }

        Assert.True(ImageDecoder.Decode(jpeg, "a").Pixels.SequenceEqual(ImageDecoder.Decode(jpeg, "a", s_fast).Pixels));
    }

    [Fact]
    public void Grey_photos_are_reduced_too()
    {
        using SKBitmap colour = SKBitmap.Decode(s_waves.Value);
        using SKBitmap grey = colour.Copy(SKColorType.Gray8);
        byte[] jpeg = SampleImages.Encode(grey, SKEncodedImageFormat.Jpeg);

        Assert.InRange(MeanDifference(Prepare(jpeg, ResizeRecipe.MlNetCrop, 50, ImageDecodeOptions.Default), Prepare(jpeg, ResizeRecipe.MlNetCrop, 50, s_fast)), 0.001, 1.5);
    }

    [Fact]
    public void A_photo_cut_short_is_refused_as_ever()
    {
        byte[] cut = s_waves.Value[..(s_waves.Value.Length / 2)];

        Assert.Throws<InvalidImageException>(() => Prepare(cut, ResizeRecipe.MlNetCrop, 32, s_fast));
    }

    /// <summary>The tolerance that <see cref="DecodeScale.Fast"/> states, on photos.</summary>
    [Theory]
    [InlineData("mlnet-crop")]
    [InlineData("shorter-side-crop")]
    public void Photos_stay_within_one_level_on_average(string id)
    {
        using ZipArchive archive = ZipFile.OpenRead(SharedData.Require("data/imagenet-photos-100.zip"));
        var recipe = ResizeRecipe.Parse(id);
        List<double> differences = [];
        foreach (ZipArchiveEntry entry in archive.Entries.Where(e => e.Name.EndsWith(".JPEG", StringComparison.Ordinal)).Take(30))
        {
            using var content = new MemoryStream();
            using (Stream stream = entry.Open())
            {
                stream.CopyTo(content);
            }

            double difference = MeanDifference(Prepare(content.ToArray(), recipe, 48, ImageDecodeOptions.Default), Prepare(content.ToArray(), recipe, 48, s_fast));
            if (difference > 0)
            {
                differences.Add(difference);
            }
        }

        TestContext.Current.SendDiagnosticMessage("{0}: {1} photos decoded at less than their size, difference {2:F2}, worst {3:F2}", id, differences.Count, differences.Average(), differences.Max());
        Assert.InRange(differences.Average(), 0.1, 1);
        Assert.InRange(differences.Max(), 0.1, 2.5);
    }

    [Fact]
    public void An_unknown_scale_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodeOptions { Scale = (DecodeScale)2 });

    private static byte[] Prepare(byte[] encoded, ResizeRecipe recipe, int size, ImageDecodeOptions options)
    {
        byte[] pixels = new byte[size * size * 3];
        ImagePreparation.Prepare(encoded, "drawn", recipe, size, pixels, options);
        return pixels;
    }

    private static double MeanDifference(byte[] first, byte[] second) => first.Zip(second, (a, b) => (double)Math.Abs(a - b)).Average();

    private static byte[] Waves(int width, int height)
    {
        using SKBitmap bitmap = new(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque);
        bitmap.Pixels = [.. Enumerable.Range(0, width * height).Select(i =>
        {
            double x = i % width, y = i / width;
            return new SKColor(Level(Math.Sin(x / 11)), Level(Math.Sin(y / 9)), Level(Math.Sin((x + y) / 17)));
        })];
        return SampleImages.Encode(bitmap, SKEncodedImageFormat.Jpeg, 95);

        static byte Level(double value) => (byte)(128 + (100 * value));
    }
}
