using System.IO.Compression;
using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Data;

public class Cifar10Tests
{
    [Fact]
    public void The_archive_of_test_images_is_read_as_Keras_gives_it()
    {
        string data = SharedData.Require("data/cifar10-test.zip");
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("cifar10-test.zip"), data);
        File.CreateSymbolicLink(folder.File("cifar10-train.zip"), data);

        (_, (NDArray x, NDArray y)) = Cifar10.LoadData(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal([10_000, 32, 32, 3], x.Shape);
        Assert.Equal([10_000, 1], y.Shape);
        Assert.Equal(ElementType.UInt8, x.Type);
        float[] labels = y.ToSingles();
        Assert.All(Enumerable.Range(0, 10), label => Assert.Equal(1000, labels.Count(value => value == label)));

        // Any part has all classes.
        Assert.All(labels.Chunk(200), part => Assert.Equal(10, part.Distinct().Count()));

        // A picture is with its class: one of them, looked up among the decoded ones.
        using ZipArchive archive = ZipFile.OpenRead(data);
        using var content = new MemoryStream();
        archive.GetEntry("bird/0338.jpg")!.Open().CopyTo(content);
        byte[] bird = ImageDecoder.Decode(content.ToArray(), "bird").Pixels.ToArray();
        int place = ((byte[])x.Values).Chunk(32 * 32 * 3).Index().Single(pair => pair.Item.SequenceEqual(bird)).Index;
        Assert.Equal(2, labels[place]);
    }

    [Fact]
    public void Folders_and_archives_give_the_same()
    {
        using var folder = new TemporaryFolder();
        foreach (string part in new[] { "train", "test" })
        {
            Directory.CreateDirectory(folder.File(part));
            folder.AddClass($"{part}/cat", 5, colour: 0, side: 32);
            folder.AddClass($"{part}/ship", 3, colour: 1, side: 32);
        }

        ((NDArray x, NDArray y), _) = Cifar10.LoadData(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal([3, 3, 3, 3, 3, 8, 8, 8], y.ToSingles().Order());

        using var archives = new TemporaryFolder();
        ZipFile.CreateFromDirectory(folder.File("train"), archives.File("cifar10-train.zip"));
        ZipFile.CreateFromDirectory(folder.File("test"), archives.File("cifar10-test.zip"));
        ((NDArray x2, NDArray y2), _) = Cifar10.LoadData(archives.Path, TestContext.Current.CancellationToken);
        Assert.Equal(x.ToSingles(), x2.ToSingles());
        Assert.Equal(y.ToSingles(), y2.ToSingles());
    }

    [Fact]
    public void Pictures_of_another_size_and_unknown_classes_are_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("train"));
        Directory.CreateDirectory(folder.File("test"));
        string[] files = folder.AddClass("train/cat", 2, colour: 0, side: 40);
        InvalidImageException size = Assert.Throws<InvalidImageException>(() => Cifar10.LoadData(folder.Path, TestContext.Current.CancellationToken));
        Assert.Equal(files[0], size.Path);

        folder.AddClass("train/unicorn", 2, colour: 0, side: 32);
        InvalidImageFolderException unknown = Assert.Throws<InvalidImageFolderException>(() => Cifar10.LoadData(folder.Path, TestContext.Current.CancellationToken));
        Assert.Contains("unicorn", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_part_is_named()
    {
        using var folder = new TemporaryFolder();
        InvalidImageFolderException exception = Assert.Throws<InvalidImageFolderException>(() => Cifar10.LoadData(folder.Path, TestContext.Current.CancellationToken));
        Assert.Contains("there is no train part", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../cat/1.png")]
    [InlineData("/cat/1.png")]
    [InlineData("c:/cat/1.png")]
    public void An_archive_with_names_that_lead_elsewhere_is_refused(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("cifar10-train.zip");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            archive.CreateEntry(name).Open().Dispose();
        }

        InvalidImageFolderException exception = Assert.Throws<InvalidImageFolderException>(() => ImageArchive.Read(path, TestContext.Current.CancellationToken));
        Assert.Contains("would lie outside", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_archives_are_refused_whatever_is_damaged()
    {
        using var folder = new TemporaryFolder();
        folder.AddClass("train/cat", 2, colour: 0, side: 32);
        string path = folder.File("cifar10-train.zip");
        ZipFile.CreateFromDirectory(folder.File("train"), path);
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = i % 3 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (i % 3 != 0)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(path, damaged);
            try
            {
                // A flipped bit may lie where nothing depends on it, such as a date.
                Assert.Equal(2, ImageArchive.Read(path, TestContext.Current.CancellationToken).Count);
            }
            catch (InvalidImageFolderException exception)
            {
                Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            }
        }
    }
}
