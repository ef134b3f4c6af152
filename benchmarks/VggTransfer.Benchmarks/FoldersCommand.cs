using System.Buffers.Binary;
using System.CommandLine;
using System.IO.Compression;
using SkiaSharp;

namespace VggTransfer.Benchmarks;

/// <summary>
/// Makes folders of images, one subfolder for each class, from CIFAR-10 as two zip files of JPEGs (class/number.jpg) or
/// from Fashion-MNIST's four idx files (Debian's package dataset-fashion-mnist).
/// </summary>
internal static class FoldersCommand
{
    private static readonly string[] s_fashionClasses =
        ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"];

    public static Command Create()
    {
        var output = new Option<DirectoryInfo>("--output") { Description = "Where the folders go.", Required = true };
        var cifar = new Option<DirectoryInfo?>("--cifar10") { Description = "Folder with cifar10-train.zip and cifar10-test.zip." };
        var fashion = new Option<DirectoryInfo?>("--fashion-mnist") { Description = "Folder with train-images-idx3-ubyte.gz and the three files beside it." };
        var training = new Option<int[]>("--training") { Description = "Training images a class, one folder for each number.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [20, 100, 200] };
        var test = new Option<int>("--test") { Description = "Test images a class.", DefaultValueFactory = _ => 100 };
        var command = new Command("folders", "Draws folders of images from CIFAR-10 and Fashion-MNIST.") { output, cifar, fashion, training, test };
        command.SetAction(result =>
        {
            string root = result.GetRequiredValue(output).FullName;
            int[] sizes = result.GetValue(training)!;
            if (result.GetValue(cifar) is { } cifarFolder)
            {
                Write(Path.Combine(root, "cifar10"), ReadZip(Path.Combine(cifarFolder.FullName, "cifar10-train.zip")), ReadZip(Path.Combine(cifarFolder.FullName, "cifar10-test.zip")), sizes, result.GetValue(test));
            }

            if (result.GetValue(fashion) is { } fashionFolder)
            {
                Write(Path.Combine(root, "fashion-mnist"), ReadIdx(fashionFolder.FullName, "train"), ReadIdx(fashionFolder.FullName, "t10k"), sizes, result.GetValue(test));
            }
        });
        return command;
    }

    /// <summary>Smaller training sets are parts of larger ones; everything follows from seed 0.</summary>
    private static void Write(string folder, IEnumerable<Picture> training, IEnumerable<Picture> test, int[] sizes, int testSize)
    {
        foreach (int size in sizes)
        {
            Write(Path.Combine(folder, $"train-{size}"), training, size);
        }

        Write(Path.Combine(folder, "test"), test, testSize);
    }

    private static void Write(string folder, IEnumerable<Picture> pictures, int perClass)
    {
        foreach (IGrouping<string, Picture> group in pictures.GroupBy(picture => picture.Label).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            string classFolder = Directory.CreateDirectory(Path.Combine(folder, group.Key)).FullName;
            Picture[] all = [.. group];
            new Random(0).Shuffle(all);
            foreach (Picture picture in all.Take(perClass))
            {
                File.WriteAllBytes(Path.Combine(classFolder, picture.FileName), picture.Read());
            }
        }

        Console.WriteLine(folder);
    }

    private static List<Picture> ReadZip(string path)
    {
        ZipArchive archive = ZipFile.OpenRead(path);
        return [.. archive.Entries.Where(entry => entry.Name.Length > 0).OrderBy(entry => entry.FullName, StringComparer.Ordinal)
            .Select(entry => new Picture(Path.GetFileName(Path.GetDirectoryName(entry.FullName))!, entry.Name, () =>
            {
                using var content = new MemoryStream();
                using Stream stream = entry.Open();
                stream.CopyTo(content);
                return content.ToArray();
            }))];
    }

    private static List<Picture> ReadIdx(string folder, string part)
    {
        // Format of yann.lecun.com/exdb/mnist: big-endian magic, count, (rows, columns), then bytes.
        byte[] images = Unzip(Path.Combine(folder, $"{part}-images-idx3-ubyte.gz"));
        byte[] labels = Unzip(Path.Combine(folder, $"{part}-labels-idx1-ubyte.gz"));
        int count = BinaryPrimitives.ReadInt32BigEndian(labels.AsSpan(4));
        int height = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(8));
        int width = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(12));
        return [.. Enumerable.Range(0, count).Select(i => new Picture(s_fashionClasses[labels[8 + i]], $"{i:00000}.png", () =>
        {
            using var bitmap = new SKBitmap(width, height, SKColorType.Gray8, SKAlphaType.Opaque);
            images.AsSpan(16 + (i * width * height), width * height).CopyTo(Pixels(bitmap));
            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            return png.ToArray();
        }))];
    }

    private static unsafe Span<byte> Pixels(SKBitmap bitmap) => new((void*)bitmap.GetPixels(), bitmap.ByteCount);

    private static byte[] Unzip(string path)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private sealed record Picture(string Label, string FileName, Func<byte[]> Read);
}
