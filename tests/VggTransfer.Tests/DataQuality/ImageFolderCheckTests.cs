using SkiaSharp;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.DataQuality;

/// <summary>Everything that needs no network.</summary>
public sealed class ImageFolderCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImageFolderCheckTests()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            using SKBitmap scene = DrawnScenes.Draw(seed);
            DrawnScenes.Write(Photo(seed % 2 == 0 ? "even" : "odd", $"{seed:00}.png"), scene);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pictures_of_their_own_are_left_in_peace()
    {
        ImageFolderCheckResult result = Check();
        Assert.Equal(40, result.Images);
        Assert.Empty(result.Proposals);
        Assert.Empty(result.Duplicates);
        Assert.Equal([new ClassCount("even", 20, 0), new ClassCount("odd", 20, 0)], result.Classes);
        Assert.Equal(1, result.Imbalance);
        Assert.Null(result.Features);
    }

    [Fact]
    public void Each_kind_of_copy_is_found_and_named()
    {
        using SKBitmap scene = DrawnScenes.Draw(4);
        using SKBitmap mirrored = DrawnScenes.Mirror(scene);
        using SKBitmap smaller = scene.Resize(new SKImageInfo(60, 60), SKFilterQuality.High);
        File.Copy(Photo("even", "06.png"), Photo("even", "same-file.png"));
        File.WriteAllBytes(Photo("even", "same-pixels.png"), Recoded(Photo("even", "10.png")));
        DrawnScenes.Write(Photo("even", "recompressed.jpg"), scene, SKEncodedImageFormat.Jpeg, quality: 40);
        DrawnScenes.Write(Photo("odd", "resized.png"), smaller);
        DrawnScenes.Write(Photo("even", "mirrored.jpg"), mirrored, SKEncodedImageFormat.Jpeg);
        ImageFolderCheckResult result = Check();

        var copies = result.Duplicates.SelectMany(group => group.Copies.Select(copy => (Name(copy.Image), copy.Kind, Of: Name(group.Kept)))).ToList();
        Assert.Contains(("same-pixels.png", DuplicateKind.SamePixels, "10.png"), copies.Select(Ordered));
        Assert.Contains(copies, copy => copy.Kind == DuplicateKind.SameFile && new[] { copy.Item1, copy.Of }.Order().SequenceEqual(["06.png", "same-file.png"]));
        DuplicateGroup group = Assert.Single(result.Duplicates, group => group.CrossesClasses);
        Assert.Equal("04.png", Name(group.Kept));
        Assert.Equal(
            [("mirrored.jpg", DuplicateKind.Mirrored), ("recompressed.jpg", DuplicateKind.NearDuplicate), ("resized.png", DuplicateKind.NearDuplicate)],
            group.Copies.Select(copy => (Name(copy.Image), copy.Kind)).Order());
        Assert.All(group.Copies, copy => Assert.InRange(copy.Similarity, 0.95, 1.0001));
        Assert.False(group.IsLeakage);
        Assert.Equal(group, result.Duplicates[0]);
        Assert.Equal(3, result.Duplicates.Count);

        (string, DuplicateKind, string) Ordered((string Copy, DuplicateKind Kind, string Of) copy) => copy.Kind == DuplicateKind.SamePixels && copy.Copy == "10.png" ? (copy.Of, copy.Kind, copy.Copy) : copy;
    }

    [Fact]
    public void What_is_learnt_from_and_validated_on_is_leakage_and_the_validation_keeps_its_image()
    {
        string validation = _folder.File("validation");
        using SKBitmap scene = DrawnScenes.Draw(5);
        using SKBitmap other = DrawnScenes.Draw(1001);
        string leaked = DrawnScenes.Write(Path.Combine(validation, "odd", "a.jpg"), scene, SKEncodedImageFormat.Jpeg, 60);
        DrawnScenes.Write(Path.Combine(validation, "odd", "b.png"), other);
        ImageFolderCheckResult result = Check(new ImageFolderCheckOptions { UseNetwork = false, Validation = ImageFolder.Open(validation, TestContext.Current.CancellationToken) });
        DuplicateGroup group = Assert.Single(result.Duplicates);
        Assert.True(group.IsLeakage);
        Assert.Equal(new CheckedImage(leaked, "odd", true), group.Kept);
        ProposedMove move = Assert.Single(result.Proposals);
        Assert.Equal((Photo("odd", "05.png"), ImageProblem.NearDuplicate), (move.Image.Path, move.Problem));
        Assert.Equal(new ClassCount("odd", 20, 2), result.Classes[1]);
    }

    [Fact]
    public void Broken_and_odd_files_are_told_with_their_reasons()
    {
        byte[] jpeg = SampleImages.Jpeg(64, 64);
        File.WriteAllBytes(Photo("even", "cut.jpg"), jpeg[..(jpeg.Length / 2)]);
        File.WriteAllText(Photo("even", "text.jpg"), "no picture");
        using SKBitmap tiny = DrawnScenes.Draw(101, 20, 40);
        using SKBitmap wide = DrawnScenes.Draw(102, 400, 100);
        using SKBitmap grey = new(64, 64);
        grey.Erase(SKColors.Gray);
        using SKBitmap clear = SampleImages.Draw(64, 64, alpha: true);
        DrawnScenes.Write(Photo("odd", "tiny.png"), tiny);
        DrawnScenes.Write(Photo("odd", "wide.png"), wide);
        DrawnScenes.Write(Photo("odd", "grey.png"), grey);
        DrawnScenes.Write(Photo("odd", "clear.png"), clear);
        ImageFolderCheckResult result = Check();
        Assert.Equal(["cut.jpg", "text.jpg"], result.Unreadable.Select(item => Name(item.Image)));
        Assert.Contains("truncated", result.Unreadable[0].Reason, StringComparison.Ordinal);
        Assert.Equal(
            ["clear.png Transparent", "grey.png OneColour", "tiny.png Tiny", "wide.png ExtremeAspect"],
            result.Odd.Select(item => $"{Name(item.Image)} {string.Join('+', item.Oddities)}"));
        Assert.Equal([ImageProblem.Unreadable, ImageProblem.Unreadable, ImageProblem.Odd, ImageProblem.Odd, ImageProblem.Odd, ImageProblem.Odd], result.Proposals.Select(move => move.Problem));
        Assert.Equal(20, result.Classes[0].Training);
    }

    [Fact]
    public void Printing_inks_are_told()
    {
        File.Copy(SharedData.Require("goldens/images/hard/cmyk_adobe.jpg"), Photo("odd", "inks.jpg"));
        Assert.Equal([ImageOddity.Cmyk], Assert.Single(Check().Odd).Oddities.Where(oddity => oddity is ImageOddity.Cmyk));
    }

    [Fact]
    public void A_check_can_be_cancelled_and_tells_each_image_once()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ImageFolderCheck.Run(Open(), new ImageFolderCheckOptions { UseNetwork = false }, cancellationToken: source.Token));
        var steps = new List<ImageCheckProgress>();
        ImageFolderCheck.Run(Open(), new ImageFolderCheckOptions { UseNetwork = false }, new Recorder(steps), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 41), steps.Where(step => step.Stage == ImageCheckStage.ReadingImages).Select(step => step.Done));
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_by_name()
    {
        foreach ((ImageFolderCheckOptions options, string property) in new[]
        {
            (new ImageFolderCheckOptions { LabelSupport = 1.1 }, "LabelSupport"),
            (new ImageFolderCheckOptions { LabelSupport = double.NaN }, "LabelSupport"),
            (new ImageFolderCheckOptions { OutlierDistance = 1 }, "OutlierDistance"),
            (new ImageFolderCheckOptions { LargestAspect = 0.5 }, "LargestAspect"),
            (new ImageFolderCheckOptions { SmallestSide = 0 }, "SmallestSide"),
            (new ImageFolderCheckOptions { InputSize = 31 }, "InputSize"),
        })
        {
            Assert.Contains(property, Assert.Throws<ArgumentOutOfRangeException>(() => Check(options)).Message, StringComparison.Ordinal);
        }
    }

    private ImageFolder Open() => ImageFolder.Open(_folder.File("photos"), TestContext.Current.CancellationToken);

    private ImageFolderCheckResult Check(ImageFolderCheckOptions? options = null) =>
        ImageFolderCheck.Run(Open(), options ?? new ImageFolderCheckOptions { UseNetwork = false }, cancellationToken: TestContext.Current.CancellationToken);

    private string Photo(string label, string name) => Path.Combine(_folder.File("photos"), label, name);

    private static string Name(CheckedImage image) => Path.GetFileName(image.Path);

    /// <summary>The same pixels in other bytes: a text chunk more.</summary>
    private static byte[] Recoded(string png)
    {
        byte[] file = File.ReadAllBytes(png);
        byte[] data = [.. "tEXtnote\0x"u8];
        byte[] chunk = [0, 0, 0, (byte)(data.Length - 4), .. data, .. BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(System.IO.Hashing.Crc32.HashToUInt32(data)))];
        return [.. file[..33], .. chunk, .. file[33..]];
    }

    private sealed class Recorder(List<ImageCheckProgress> steps) : IProgress<ImageCheckProgress>
    {
        public void Report(ImageCheckProgress value) => steps.Add(value);
    }
}
