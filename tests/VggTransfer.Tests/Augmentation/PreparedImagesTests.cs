using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Augmentation;

public sealed class PreparedImagesTests : IDisposable
{
    private static readonly int[] s_chosen = [3, 0, 1];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void Pixels_are_the_classifiers_whether_they_are_kept_or_made_again(long memory)
    {
        LabeledImage[] images = [.. _folder.AddClass("cat", 3, colour: 0, side: 50).Select(path => new LabeledImage(path, "cat")), .. _folder.AddClass("dog", 2, colour: 1, side: 70).Select(path => new LabeledImage(path, "dog"))];
        File.WriteAllText(images[1].Path, "no image");
        var done = new List<int>();
        (PreparedImages samples, IReadOnlyList<SkippedImage> skipped) = PreparedImages.Prepare(
            images, ["cat", "dog"], 32, ImageOrientation.Upright, memory, done.Add, TestContext.Current.CancellationToken);

        Assert.Equal([images[1].Path], skipped.Select(image => image.Path));
        Assert.Equal([images[0], .. images[2..]], samples.Images);
        Assert.Equal([0, 5], done);

        Batch batch = samples.Gather(s_chosen, TestContext.Current.CancellationToken);
        Assert.Equal([0, 1, 1, 0, 1, 0], batch.Y!.ToSingles());
        Assert.Equal([3, 32, 32, 3], batch.X.Shape);
        byte[] expected = new byte[3 * 32 * 32 * 3];
        foreach ((int i, LabeledImage image) in new[] { images[4], images[0], images[2] }.Index())
        {
            ImagePreparation.Prepare(image.Path, ResizeRecipe.MlNetCrop, 32, expected.AsSpan(i * 32 * 32 * 3, 32 * 32 * 3));
        }

        Assert.Equal(expected, (byte[])batch.X.Values);
    }
}
