using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.DataQuality;

/// <summary>What needs a network: on drawn pictures that a tiny part of VGG16 tells apart.</summary>
public sealed class LabelCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Wrong_labels_are_found_and_the_right_class_is_suggested()
    {
        string photos = DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 15);
        string circle = Move(photos, "circles/03.png", "stripes/wrong.png");
        string stripes = Move(photos, "stripes/07.png", "[red]/wrong.png");
        using VggModel backbone = PretrainedBackbones.Open();
        ImageFolderCheckResult result = Check(photos, new ImageFolderCheckOptions { Backbone = new VggBackbone(backbone), InputSize = 32, LabelSupport = 0.2 });
        Assert.Equal([(circle, "circles"), (stripes, "stripes")], result.SuspectedLabels.Select(item => (item.Image.Path, item.Suggested)).OrderBy(item => item.Suggested, StringComparer.Ordinal));
        Assert.All(result.SuspectedLabels, item => Assert.InRange(item.OwnProbability, 0, 0.2));
        Assert.InRange(result.Features!.HeldOutAccuracy!.Value, 0.9, 1);
        Assert.Equal(32, result.Features.InputSize);

        // The same seed says the same.
        Assert.Equal(result.SuspectedLabels, Check(photos, new ImageFolderCheckOptions { Backbone = new VggBackbone(backbone), InputSize = 32, LabelSupport = 0.2 }).SuspectedLabels);
    }

    [Fact]
    public void What_cannot_be_looked_for_is_said()
    {
        string photos = _folder.File("photos");
        DrawnPhotos.DrawClass(photos, "circles", 8);
        DrawnPhotos.DrawClass(photos, "stripes", 3);
        using VggModel tiny = RandomModels.CreateTrainable(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.125, InputSize = 32, IncludeTop = false });
        ImageFolderCheckResult result = Check(photos, new ImageFolderCheckOptions { Backbone = new VggBackbone(tiny), InputSize = 32 });
        Assert.Equal(2, result.Notes.Count);
        Assert.Contains("two classes with 5 different readable images", result.Notes[0], StringComparison.Ordinal);
        Assert.Contains("20 readable images", result.Notes[1], StringComparison.Ordinal);
        Assert.Null(result.Features!.HeldOutAccuracy);
        Assert.Empty(result.SuspectedLabels);
    }

    private static ImageFolderCheckResult Check(string photos, ImageFolderCheckOptions options) =>
        ImageFolderCheck.Run(ImageFolder.Open(photos, TestContext.Current.CancellationToken), options, cancellationToken: TestContext.Current.CancellationToken);

    private static string Move(string folder, string from, string to)
    {
        File.Move(Path.Combine(folder, from), Path.Combine(folder, to));
        return Path.Combine(folder, to);
    }
}
