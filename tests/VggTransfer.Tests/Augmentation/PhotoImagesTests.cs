using SkiaSharp;
using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;
using VggTransfer.Tests.Keras.Data;

namespace VggTransfer.Tests.Augmentation;

public sealed class PhotoImagesTests : IDisposable
{
    private const int Size = 32;

    private static readonly PhotoAugmentation s_everything = PhotoAugmentation.Photo with { Translate = 0.1, Shear = 5, Blur = 0.5, Erasing = 0.5 };

    private readonly TemporaryFolder _folder = new();
    private readonly LabeledImage[] _images;

    public PhotoImagesTests() => _images =
    [
        .. _folder.AddClass("cat", 4, colour: 0, side: 50).Select(path => new LabeledImage(path, "cat")),
        .. _folder.AddClass("dog", 3, colour: 1, side: 70).Select(path => new LabeledImage(path, "dog")),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(20_000)]
    [InlineData(0)]
    public void Plain_pixels_are_the_classifiers_whatever_is_kept(long memory)
    {
        PhotoImages photos = Load(memory);
        foreach (int size in (int[])[Size, 24, Size])
        {
            Assert.Equal(_images.Select(image => Prepared(image, size)), Squares(photos.Plain(size, 3).ReadPass(0)));
            Assert.Equal(_images.Select(image => Mirrored(Prepared(image, size), size)), Squares(photos.Mirrored(size, 3).ReadPass(0)));
        }

        Assert.Equal([1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1], photos.Plain(Size, 16).ReadPass(0).Single().Y!.ToSingles());
        Assert.Equal(3, photos.Plain(Size, 3).Cardinality);
    }

    [Fact]
    public void Bad_files_are_named_and_left_out()
    {
        File.WriteAllText(_images[1].Path, "no image");
        var done = new List<int>();
        (PhotoImages photos, IReadOnlyList<SkippedImage> skipped) = PhotoImages.Load(_images, ["cat", "dog"], Size, ImageOrientation.Upright, 0, done.Add, TestContext.Current.CancellationToken);
        Assert.Equal([_images[1].Path], skipped.Select(image => image.Path));
        Assert.Equal([_images[0], .. _images[2..]], photos.Images);
        Assert.Equal([0, 7], done);
        Assert.Equal(6, Squares(photos.Training(PhotoAugmentation.Photo, Size, 4, 1).ReadPass(0)).Length);
    }

    [Fact]
    public void A_subset_has_its_own_order()
    {
        PhotoImages subset = Load().Subset([5, 0]);
        Assert.Equal([_images[5], _images[0]], subset.Images);
        Batch batch = subset.Plain(Size, 8).ReadPass(0).Single();
        Assert.Equal([0, 1, 1, 0], batch.Y!.ToSingles());
        Assert.Equal([Prepared(_images[5], Size), Prepared(_images[0], Size)], Squares([batch]));
    }

    [Fact]
    public void Training_without_changes_gives_plain_pixels_in_another_order_each_time()
    {
        Dataset training = Load().Training(PhotoAugmentation.None, Size, 3, seed: 2);
        string[] plain = [.. _images.Select(image => Convert.ToHexString(Prepared(image, Size))).Order(StringComparer.Ordinal)];
        string[] first = Texts(training, 0), second = Texts(training, 1);
        Assert.NotEqual(first, second);
        Assert.Equal(plain, first.Order(StringComparer.Ordinal));
        Assert.Equal(plain, second.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Mirror_gives_plain_pixels_or_mirrored_ones()
    {
        Dataset training = Load().Augmented(PhotoAugmentation.Mirror, Size, 3, seed: 2);
        int mirrored = 0;
        for (int pass = 0; pass < 20; pass++)
        {
            foreach ((LabeledImage image, byte[] square) in _images.Zip(Squares(training.ReadPass(pass))))
            {
                byte[] plain = Prepared(image, Size);
                bool isMirrored = !square.SequenceEqual(plain);
                Assert.Equal(isMirrored ? Mirrored(plain, Size) : plain, square);
                mirrored += isMirrored ? 1 : 0;
            }
        }

        Assert.InRange(mirrored, 40, 100);
    }

    [Fact]
    public void Changed_photos_follow_from_seed_pass_and_place_alone()
    {
        string[] pass2 = Texts(Load().Training(s_everything, Size, 3, seed: 1), 2);
        Assert.Equal(7, pass2.Distinct().Count());
        Assert.Equal(pass2, Texts(Load(memory: 0).Training(s_everything, Size, 3, seed: 1), 2));

        // Batches of one are worked on by one thread.
        Assert.Equal(pass2, Texts(Load().Training(s_everything, Size, 1, seed: 1).Prefetch(), 2));
        Assert.Equal(pass2.Skip(6), Texts(Load().Training(s_everything, Size, 3, seed: 1), 2, skip: 2));
        Assert.Empty(pass2.Intersect(Texts(Load().Training(s_everything, Size, 3, seed: 1), 1)));
        Assert.Empty(pass2.Intersect(Texts(Load().Training(s_everything, Size, 3, seed: 3), 2)));
    }

    [Fact]
    public void Targets_go_with_their_photos()
    {
        // Each class has a colour of its own.
        foreach (Batch batch in Load().Training(PhotoAugmentation.Photo with { Hue = 0 }, Size, 3, seed: 1).ReadPass(0))
        {
            foreach ((byte[] square, float[] target) in Squares([batch]).Zip(batch.Y!.ToSingles().Chunk(2)))
            {
                int red = square.Where((_, i) => i % 3 == 0).Sum(value => value), green = square.Where((_, i) => i % 3 == 1).Sum(value => value);
                Assert.Equal(red > green ? [1f, 0f] : [0f, 1f], target);
            }
        }
    }

    [Fact]
    public void A_large_photo_is_seen_in_the_same_place_by_training_and_by_prediction()
    {
        // Red grows to the right, green downwards; 320 x 256 becomes 40 x 32 in ML.NET's crop, without a rest. Half a pixel aside
        // would be three levels; Skia's three halvings each round down, which makes up to two.
        using var bitmap = new SKBitmap(320, 256);
        bitmap.Pixels = [.. Enumerable.Range(0, 320 * 256).Select(i => new SKColor((byte)(20 + (i % 320 * 200 / 320)), (byte)(20 + (i / 320 * 200 / 256)), 70))];
        string path = _folder.File("gradient.png");
        File.WriteAllBytes(path, SampleImages.Encode(bitmap, SKEncodedImageFormat.Png));
        (PhotoImages photos, _) = PhotoImages.Load([new LabeledImage(path, "cat")], ["cat", "dog"], Size, ImageOrientation.Upright, long.MaxValue, _ => { }, TestContext.Current.CancellationToken);
        byte[] plain = Squares(photos.Plain(Size, 1).ReadPass(0)).Single();
        byte[] drawn = Squares(photos.Augmented(new PhotoAugmentation { Translate = 1e-9 }, Size, 1, seed: 1).ReadPass(0)).Single();
        for (int y = 2; y < Size - 2; y++)
        {
            Assert.All(plain.AsSpan(y * Size * 3, Size * 3).ToArray().Zip(drawn.AsSpan(y * Size * 3, Size * 3).ToArray()), pair => Assert.InRange(pair.Second - pair.First, -2, 2));
        }

        Assert.Equal((60, 48), PhotoPicture.Fit(320, 256, 48));
    }

    private static byte[] Prepared(LabeledImage image, int size)
    {
        byte[] rgb = new byte[size * size * 3];
        ImagePreparation.Prepare(image.Path, ResizeRecipe.MlNetCrop, size, rgb);
        return rgb;
    }

    private static byte[] Mirrored(byte[] rgb, int size) =>
        [.. rgb.Chunk(size * 3).SelectMany(row => row.Chunk(3).Reverse().SelectMany(pixel => pixel))];

    private static byte[][] Squares(IEnumerable<Batch> batches) =>
        [.. batches.SelectMany(batch => ((byte[])batch.X.Values).Chunk(batch.X.RowLength))];

    private static string[] Texts(Dataset dataset, int pass, int skip = 0) => [.. Squares(dataset.ReadPass(pass, skip)).Select(Convert.ToHexString)];

    private PhotoImages Load(long memory = long.MaxValue)
    {
        (PhotoImages photos, IReadOnlyList<SkippedImage> skipped) = PhotoImages.Load(_images, ["cat", "dog"], Size, ImageOrientation.Upright, memory, _ => { }, TestContext.Current.CancellationToken);
        Assert.Empty(skipped);
        return photos;
    }
}
