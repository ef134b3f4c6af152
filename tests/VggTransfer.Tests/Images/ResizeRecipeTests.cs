using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

public sealed class ResizeRecipeTests
{
    [Fact]
    public void Ids_are_stable_and_parse_back()
    {
        // Model files hold these: none may change or vanish.
        string[] ids =
        [
            "shorter-side-crop", "stretch-nearest", "stretch-bilinear", "stretch-bicubic", "stretch-lanczos",
            "keep-aspect-nearest", "keep-aspect-bilinear", "keep-aspect-bicubic", "keep-aspect-lanczos", "mlnet-crop",
        ];

        Assert.Equal(ids, ResizeRecipe.All.Select(r => r.Id));
        Assert.All(ids, id => Assert.Equal(id, ResizeRecipe.Parse(id).ToString()));
        Assert.Equal(ResizeRecipe.Stretch(ResizeFilter.Bicubic), ResizeRecipe.Parse("stretch-bicubic"));
        Assert.False(ResizeRecipe.TryParse("Stretch-Nearest", out _));
        Assert.Contains("'crop' is not a resize recipe", Assert.Throws<FormatException>(() => ResizeRecipe.Parse("crop")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, 31)]
    [InlineData(31, 40)]
    [InlineData(21, 21)]
    [InlineData(36, 50)]
    [InlineData(90, 5)]
    public void Shorter_side_crop_equals_a_crop_of_the_whole_resize(int width, int height)
    {
        // Oracle: torchvision's Resize and CenterCrop written out; 32 * 256 / 224 = 36.
        RgbImage image = PillowResizeTests.Pattern(width, height);
        (int fullWidth, int fullHeight) = width <= height ? (36, 36 * height / width) : (36 * width / height, 36);
        RgbImage full = PillowResize.Resize(image, fullWidth, fullHeight, ResizeFilter.Bilinear);
        int left = (int)Math.Round((fullWidth - 32) / 2.0, MidpointRounding.ToEven);
        int top = (int)Math.Round((fullHeight - 32) / 2.0, MidpointRounding.ToEven);

        RgbImage crop = ResizeRecipe.ShorterSideCrop.Apply(image, 32);

        for (int y = 0; y < 32; y++)
        {
            Assert.True(crop.Pixels.Slice(y * 96, 96).SequenceEqual(full.Pixels.Slice((((top + y) * fullWidth) + left) * 3, 96)), $"row {y}");
        }
    }

    [Theory]
    [InlineData(4000, 3)]
    [InlineData(3, 4000)]
    [InlineData(60000, 1)]
    [InlineData(1, 60000)]
    public void Extreme_shapes_cost_no_more_memory_than_their_crop(int width, int height)
    {
        RgbImage image = PillowResizeTests.Pattern(width, height);
        foreach (ResizeRecipe recipe in ResizeRecipe.All)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal((224, 224), recipe.Apply(image, 224) is var r ? (r.Width, r.Height) : default);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20, recipe.Id);
        }
    }

    [Fact]
    public void Keep_aspect_resizes_the_largest_centred_square()
    {
        RgbImage image = PillowResizeTests.Pattern(31, 20);

        RgbImage kept = ResizeRecipe.KeepAspect(ResizeFilter.Bicubic).Apply(image, 16);

        Assert.True(kept.Pixels.SequenceEqual(PillowResize.Resize(image, 16, 16, ResizeFilter.Bicubic, new ResizeBox(5, 0, 25, 20)).Pixels));
    }

    [Fact]
    public void Preparing_bytes_equals_decoding_and_applying()
    {
        byte[] jpeg = SampleImages.WithApp1(SampleImages.Jpeg(70, 50), [.. "Exif\0\0"u8, .. SampleImages.Exif(6, bigEndian: false)]);
        byte[] prepared = new byte[32 * 32 * 3];
        foreach (ResizeRecipe recipe in ResizeRecipe.All)
        {
            ImagePreparation.Prepare(jpeg, "x.jpg", recipe, 32, prepared);

            Assert.True(recipe.Apply(ImageDecoder.Decode(jpeg, "x.jpg"), 32).Pixels.SequenceEqual(prepared), recipe.Id);
        }
    }

    [Fact]
    public void Destination_of_another_length_is_misuse() =>
        Assert.Throws<ArgumentException>(() => ImagePreparation.Prepare(PillowResizeTests.Pattern(3, 3), ResizeRecipe.MlNetCrop, 4, new byte[47]));
}
