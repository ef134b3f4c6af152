using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Data;

public sealed class ImageDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_are_those_of_TensorFlows_resize_in_the_order_of_the_files()
    {
        string[] cats = _folder.AddClass("cat", 3, colour: 0);
        string[] dogs = _folder.AddClass("dog", 2, colour: 1);
        ImageDirectoryDataset dataset = Read(shuffle: false, batchSize: 4, imageSize: (24, 30));

        Assert.Equal(["cat", "dog"], dataset.ClassNames);
        Assert.Equal([.. cats, .. dogs], dataset.FilePaths);
        Assert.Equal(2, dataset.Cardinality);
        Batch[] batches = [.. dataset.ReadPass(0)];
        Assert.Equal([[0, 0, 0, 1], [1]], batches.Targets());
        Assert.Equal([4, 24, 30, 3], batches[0].X.Shape);
        float[] expected = [.. dataset.FilePaths.SelectMany(file => TensorFlowResize.Resize(ImageDecoder.Decode(file), width: 30, height: 24))];
        Assert.Equal(expected, batches.SelectMany(batch => batch.X.ToSingles()));
    }

    [Fact]
    public void Labels_come_as_indices_rows_numbers_or_not_at_all()
    {
        _folder.AddClass("cat", 1, colour: 0);
        _folder.AddClass("dog", 2, colour: 1);
        Assert.Equal([0, 1, 1], Read(shuffle: false).ReadPass(0).Single().Y!.ToSingles());

        NDArray rows = Read(shuffle: false, labelMode: "categorical").ReadPass(0).Single().Y!;
        Assert.Equal([3, 2], rows.Shape);
        Assert.Equal([1, 0, 0, 1, 0, 1], rows.ToSingles());

        NDArray numbers = Read(shuffle: false, labelMode: "binary").ReadPass(0).Single().Y!;
        Assert.Equal([3, 1], numbers.Shape);
        Assert.Equal(ElementType.Float32, numbers.Type);

        Assert.Null(Read(shuffle: false, labelMode: null).ReadPass(0).Single().Y);
        Assert.Equal([5, 9, 5], Dataset.ImageDatasetFromDirectory(_folder.Path, labels: [5, 9, 5], shuffle: false, output: TextWriter.Null).ReadPass(0).Single().Y!.ToSingles());

        _folder.AddClass("emu", 1, colour: 2);
        Assert.Throws<ArgumentException>(() => Read(labelMode: "binary"));
        Assert.Throws<ArgumentException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, labels: [1, 2], output: TextWriter.Null));
    }

    [Fact]
    public void Shuffling_keeps_images_with_their_labels_and_repeats_by_the_seed()
    {
        _folder.AddClass("cat", 9, colour: 0);
        _folder.AddClass("dog", 8, colour: 1);
        Dataset plain = Read(shuffle: false, batchSize: 17);
        Batch all = plain.ReadPass(0).Single();
        Dictionary<string, float> labels = Images(all).Zip(all.Y!.ToSingles()).ToDictionary(pair => pair.First, pair => pair.Second);

        ImageDirectoryDataset shuffled = Read(seed: 3, batchSize: 5);
        Assert.NotEqual(((ImageDirectoryDataset)plain).FilePaths, shuffled.FilePaths);
        var orders = new List<string>();
        for (int pass = 0; pass < 2; pass++)
        {
            Batch[] batches = [.. shuffled.ReadPass(pass)];
            string[] images = [.. batches.SelectMany(Images)];
            Assert.Equal(labels.Keys.Order(StringComparer.Ordinal), images.Order(StringComparer.Ordinal));
            Assert.Equal(images.Select(image => labels[image]), batches.SelectMany(batch => batch.Y!.ToSingles()));
            Assert.Equal(images, Read(seed: 3, batchSize: 5).ReadPass(pass).SelectMany(Images));
            orders.Add(string.Join('|', images));
        }

        Assert.NotEqual(orders[0], orders[1]);
    }

    [Fact]
    public void Gray_images_have_one_channel()
    {
        string file = _folder.AddClass("cat", 1, colour: 0)[0];
        NDArray gray = Dataset.ImageDatasetFromDirectory(_folder.Path, colorMode: "grayscale", imageSize: (40, 40), output: TextWriter.Null).ReadPass(0).Single().X;
        Assert.Equal([1, 40, 40, 1], gray.Shape);
        RgbImage image = ImageDecoder.Decode(file);
        Assert.All(gray.ToSingles().Index(), pair => Assert.Equal(
            (0.299 * image.Pixels[pair.Index * 3]) + (0.587 * image.Pixels[(pair.Index * 3) + 1]) + (0.114 * image.Pixels[(pair.Index * 3) + 2]), pair.Item, tolerance: 0.51));
    }

    [Fact]
    public void Folders_within_a_class_come_in_the_order_of_their_whole_paths()
    {
        // '-' stands before '/': a folder's neighbour comes before its content.
        string[] files = ["c/z.png", "c/a/1.png", "c/a-b/1.png", "c/a/x/1.png", "c/\U0001F600.png", "c/\uFF01.png"];
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
            File.WriteAllBytes(_folder.File(file), []);
        }

        Assert.Equal(
            ["c/z.png", "c/\uFF01.png", "c/\U0001F600.png", "c/a/1.png", "c/a-b/1.png", "c/a/x/1.png"],
            ImageDirectoryIndex.OfClasses(_folder.Path, classNames: null, followLinks: false).Files);
    }

    [Fact]
    public void Links_to_folders_are_entered_on_demand_and_never_for_ever()
    {
        _folder.AddClass("cat", 1, colour: 0);
        _folder.AddClass("elsewhere", 1, colour: 1);
        Directory.CreateSymbolicLink(_folder.File("cat/loop"), _folder.File("cat"));
        Directory.CreateSymbolicLink(_folder.File("cat/more"), _folder.File("elsewhere"));
        Assert.Equal(["cat/000.png"], Files(followLinks: false));
        Assert.Equal(["cat/000.png", "cat/loop/000.png", "cat/loop/more/000.png", "cat/more/000.png"], Files(followLinks: true));

        IEnumerable<string> Files(bool followLinks) =>
            ImageDirectoryIndex.OfClasses(_folder.Path, null, followLinks).Files.Where(file => file.StartsWith("cat", StringComparison.Ordinal));
    }

    [Fact]
    public void Flow_resizes_by_the_nearest_pixel_and_gives_rows()
    {
        string file = _folder.AddClass("cat", 1, colour: 0)[0];
        _folder.AddClass("dog", 1, colour: 1);
        var output = new StringWriter();
        Batch batch = Dataset.FlowFromDirectory(_folder.Path, targetSize: (16, 16), shuffle: false, output: output).ReadPass(0).Single();
        Assert.Equal([1, 0, 0, 1], batch.Y!.ToSingles());
        RgbImage expected = PillowResize.Resize(ImageDecoder.Decode(file), 16, 16, ResizeFilter.Nearest);
        Assert.Equal(expected.Pixels.ToArray().Select(value => (float)value), batch.X.Rows(0, 1).ToSingles());
        Assert.Equal("Found 2 images belonging to 2 classes.", output.ToString().TrimEnd());
    }

    [Fact]
    public void A_file_that_is_no_image_is_named_when_its_batch_is_read()
    {
        string[] files = _folder.AddClass("cat", 6, colour: 0);
        File.WriteAllText(files[4], "no image");
        using IEnumerator<Batch> batches = Read(shuffle: false, batchSize: 2).ReadPass(0).GetEnumerator();
        Assert.True(batches.MoveNext());
        Assert.True(batches.MoveNext());
        InvalidImageException exception = Assert.Throws<InvalidImageException>(() => batches.MoveNext());
        Assert.Equal(files[4], exception.Path);
    }

    [Fact]
    public void What_Keras_would_misread_is_refused()
    {
        Assert.Throws<InvalidImageFolderException>(() => Read());
        Assert.Throws<InvalidImageFolderException>(() => Dataset.ImageDatasetFromDirectory(_folder.File("missing"), output: TextWriter.Null));
        _folder.AddClass("cat", 3, colour: 0);

        // Keras takes all three for validation.
        Assert.Throws<InvalidImageFolderException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, seed: 1, validationSplit: 0.1, subset: "validation", output: TextWriter.Null));
        Assert.Throws<ArgumentException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, interpolation: "area", output: TextWriter.Null));
        Assert.Throws<ArgumentException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, colorMode: "rgba", output: TextWriter.Null));
        Assert.Throws<ArgumentException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, subset: "training", output: TextWriter.Null));
        Assert.Throws<ArgumentException>(() => Dataset.ImageDatasetFromDirectory(_folder.Path, labelMode: "words", output: TextWriter.Null));
    }

    [Fact]
    public void Numbers_are_mixed_as_NumPy_mixes_them()
    {
        // numpy.random.RandomState(42).permutation(10).
        int[] numbers = [.. Enumerable.Range(0, 10)];
        new NumPyRandom(42).Shuffle(numbers);
        Assert.Equal([8, 1, 5, 0, 7, 2, 9, 4, 3, 6], numbers);
    }

    private ImageDirectoryDataset Read(bool shuffle = true, int? seed = null, int batchSize = 32, string? labelMode = "int", (int Height, int Width)? imageSize = null) =>
        Dataset.ImageDatasetFromDirectory(_folder.Path, labelMode: labelMode, batchSize: batchSize, imageSize: imageSize ?? (16, 16), shuffle: shuffle, seed: seed, output: TextWriter.Null);

    private static IEnumerable<string> Images(Batch batch) =>
        batch.X.ToSingles().Chunk(batch.X.RowLength).Select(values => string.Join(' ', values));
}
