using VggTransfer.Augmentation;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Keras.Data;

namespace VggTransfer.Tests.Augmentation;

public class ImageAugmentationTests
{
    private const int Side = 8;

    private static readonly bool[] s_flips = [false, true];

    [Fact]
    public void A_flip_mirrors_about_half_of_the_images_and_leaves_the_others()
    {
        byte[] image = Enumerable.Range(1, Side * Side * 3).Select(i => (byte)i).ToArray();
        byte[] mirrored = Place(image, down: 0, right: 0, flip: true);
        byte[][] results = Augment(new ImageAugmentation { HorizontalFlip = true }, image, 400);
        int flipped = results.Count(result => result.SequenceEqual(mirrored));
        Assert.Equal(results.Length - flipped, results.Count(result => result.SequenceEqual(image)));
        Assert.InRange(flipped, 150, 250);
    }

    [Fact]
    public void A_crop_gives_each_shift_equally_often_and_black_where_nothing_was()
    {
        byte[] image = Enumerable.Range(1, Side * Side * 3).Select(i => (byte)i).ToArray();
        var shifts = (from down in Enumerable.Range(-2, 5) from right in Enumerable.Range(-2, 5) select Place(image, down, right, flip: false)).ToArray();
        int[] counts = new int[shifts.Length];
        foreach (byte[] result in Augment(new ImageAugmentation { CropPadding = 2 }, image, 5000))
        {
            counts[Array.FindIndex(shifts, shift => shift.SequenceEqual(result))]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 130, 270));
    }

    [Fact]
    public void Crop_and_flip_together_are_a_mirrored_crop()
    {
        byte[] image = Enumerable.Range(1, Side * Side * 3).Select(i => (byte)i).ToArray();
        HashSet<string> possible = [.. from down in Enumerable.Range(-2, 5) from right in Enumerable.Range(-2, 5) from flip in s_flips select Convert.ToHexString(Place(image, down, right, flip))];
        Assert.Equal(50, possible.Count);
        HashSet<string> found = [.. Augment(new ImageAugmentation { CropPadding = 2, HorizontalFlip = true }, image, 2000).Select(Convert.ToHexString)];
        Assert.Equal(possible, found);
    }

    [Fact]
    public void A_cutout_blackens_one_square_and_nothing_else()
    {
        byte[] image = Enumerable.Repeat((byte)7, Side * Side * 3).ToArray();
        foreach (byte[] result in Augment(new ImageAugmentation { Cutout = 4 }, image, 300))
        {
            int[] black = [.. Enumerable.Range(0, Side * Side).Where(i => result[i * 3] == 0)];
            Assert.Equal(black.Length * 3, result.Count(value => value == 0));
            int rows = black.Select(i => i / Side).Distinct().Count(), columns = black.Select(i => i % Side).Distinct().Count();
            Assert.Equal(rows * columns, black.Length);
            Assert.InRange(rows, 2, 4);
            Assert.InRange(columns, 2, 4);
        }
    }

    [Fact]
    public void Images_follow_from_seed_pass_and_place_alone()
    {
        Dataset Make(int seed) => Pixels(30).Shuffle(30, seed: 1).Batch(4).Augment(new ImageAugmentation { CropPadding = 2, HorizontalFlip = true }, seed);
        byte[][] pass2 = Images(Make(3).ReadPass(2));
        Assert.Equal(pass2, Images(Make(3).Prefetch().ReadPass(2)));
        Assert.Equal(pass2.Skip(20), Images(Make(3).ReadPass(2, skip: 5)));
        Assert.NotEqual(pass2, Images(Make(3).ReadPass(1)));
        Assert.NotEqual(pass2, Images(Make(4).ReadPass(2)));
    }

    [Fact]
    public void Floats_are_moved_like_bytes()
    {
        var augmentation = new ImageAugmentation { CropPadding = 1, HorizontalFlip = true, Cutout = 3 };
        Batch bytes = Pixels(6).Batch(6).ReadPass(0).Single();
        Batch singles = bytes with { X = NDArray.From(bytes.X.ToSingles(), 6, Side, Side, 3) };
        Assert.Equal(augmentation.Apply(bytes, 5).X.ToSingles(), augmentation.Apply(singles, 5).X.ToSingles());
    }

    [Fact]
    public void What_is_no_image_is_refused() =>
        Assert.Throws<ArgumentException>(() => SmallData.Numbered(4).Batch(2).Augment(new ImageAugmentation()).ReadPass(0).Count());

    private static SampleDataset Pixels(int count)
    {
        byte[] values = new byte[count * Side * Side * 3];
        new Random(1).NextBytes(values);
        return Dataset.FromTensorSlices(NDArray.From(values, count, Side, Side, 3));
    }

    private static byte[][] Images(IEnumerable<Batch> batches) =>
        [.. batches.SelectMany(batch => ((byte[])batch.X.Values).Chunk(Side * Side * 3))];

    private static byte[][] Augment(ImageAugmentation augmentation, byte[] image, int count)
    {
        NDArray copies = NDArray.From([.. Enumerable.Repeat(image, count).SelectMany(pixels => pixels)], count, Side, Side, 3);
        return Images([augmentation.Apply(new Batch(copies), seed: 11)]);
    }

    /// <summary>The image seen through a window that is moved, then mirrored: pixel by pixel.</summary>
    private static byte[] Place(byte[] image, int down, int right, bool flip)
    {
        byte[] placed = new byte[image.Length];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                int fromRow = y + down, fromColumn = (flip ? Side - 1 - x : x) + right;
                if (fromRow is >= 0 and < Side && fromColumn is >= 0 and < Side)
                {
                    image.AsSpan(((fromRow * Side) + fromColumn) * 3, 3).CopyTo(placed.AsSpan(((y * Side) + x) * 3));
                }
            }
        }

        return placed;
    }
}
