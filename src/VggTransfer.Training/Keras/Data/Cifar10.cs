using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.Keras.Data;

/// <summary>CIFAR-10: 60,000 photos of 32x32 pixels in ten classes (Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009).</summary>
public static class Cifar10
{
    private const int Side = 32;

    // Any will do; it is part of what a seed means.
    private const ulong MixingSeed = 10;

    /// <summary>The names of the classes in the order of their indices.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>
    /// Reads both parts from pictures that lie in folders named like the classes: <c>cifar10-train.zip</c> and
    /// <c>cifar10-test.zip</c>, or folders <c>train</c> and <c>test</c>. The order is fixed and mixes the classes, as that of
    /// the original files does. Pictures are decoded in parallel.
    /// </summary>
    /// <param name="path">The folder of the two archives, or of the two folders.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Each part: pixels as bytes (n, 32, 32, 3), class indices as bytes (n, 1), as keras.datasets.cifar10 gives them.</returns>
    /// <exception cref="InvalidImageFolderException">A part isn't there, or has other classes.</exception>
    /// <exception cref="InvalidImageException">A picture is damaged or has another size.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ((NDArray X, NDArray Y) Train, (NDArray X, NDArray Y) Test) LoadData(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return (LoadPart(path, "train", cancellationToken), LoadPart(path, "test", cancellationToken));
    }

    private static (NDArray X, NDArray Y) LoadPart(string folder, string part, CancellationToken cancellationToken)
    {
        string path = Find(folder, part);
        IReadOnlyList<EncodedImage> images = File.Exists(path) ? ImageArchive.Read(path, cancellationToken) : ReadFolder(path, cancellationToken);
        byte[] indices = [.. images.Select(image => IndexOf(image.Label, path))];
        byte[] pixels = new byte[checked(images.Count * Side * Side * 3)];
        ParallelWork.For(images.Count, i =>
        {
            RgbImage image = ImageDecoder.Decode(images[i].Read(), images[i].Name);
            if (image.Width != Side || image.Height != Side)
            {
                throw new InvalidImageException(images[i].Name, $"has {image.Width} x {image.Height} pixels", "Pictures of CIFAR-10 have 32 x 32; use another way to read other pictures.");
            }

            image.Pixels.CopyTo(pixels.AsSpan(i * Side * Side * 3));
        }, cancellationToken);
        int[] mixed = [.. SampleOrder.Sequential(images.Count).Shuffle(images.Count, MixingSeed, reshuffleEachIteration: false).Read(0)];
        return (NDArray.From(pixels, images.Count, Side, Side, 3).Rows(mixed), NDArray.From(indices, images.Count, 1).Rows(mixed));
    }

    private static string Find(string folder, string part)
    {
        string[] candidates = [Path.Combine(folder, $"cifar10-{part}.zip"), Path.Combine(folder, part)];
        return candidates.FirstOrDefault(Path.Exists)
            ?? throw new InvalidImageFolderException(folder, $"CIFAR-10 is expected in it as cifar10-train.zip and cifar10-test.zip, or as folders train and test with one subfolder for each class, and there is no {part} part");
    }

    private static EncodedImage[] ReadFolder(string path, CancellationToken cancellationToken) =>
        [.. ImageFolder.Open(path, cancellationToken).Images.Select(image => new EncodedImage(image.Path, image.Label, () => File.ReadAllBytes(image.Path)))];

    private static byte IndexOf(string label, string path)
    {
        for (byte i = 0; i < ClassNames.Count; i++)
        {
            if (ClassNames[i] == label)
            {
                return i;
            }
        }

        throw new InvalidImageFolderException(path, $"it has a folder '{label}', which is none of CIFAR-10's classes: {string.Join(", ", ClassNames)}");
    }
}
