using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.DataQuality;

/// <summary>What a check of a folder of images found.</summary>
public sealed record ImageFolderCheckResult
{
    /// <summary>How many files were checked, those to validate on among them.</summary>
    public required int Images { get; init; }

    /// <summary>Files that can't be used.</summary>
    public required IReadOnlyList<UnreadableImage> Unreadable { get; init; }

    /// <summary>Files that show the same picture; those that leak or lie in different classes first.</summary>
    public required IReadOnlyList<DuplicateGroup> Duplicates { get; init; }

    /// <summary>Labels that are probably wrong, the surest first.</summary>
    public required IReadOnlyList<SuspectedLabel> SuspectedLabels { get; init; }

    /// <summary>Pictures far from all others, the farthest first.</summary>
    public required IReadOnlyList<OutlierImage> Outliers { get; init; }

    /// <summary>Pictures that can be read and are unusual.</summary>
    public required IReadOnlyList<OddImage> Odd { get; init; }

    /// <summary>The readable images of each class.</summary>
    public required IReadOnlyList<ClassCount> Classes { get; init; }

    /// <summary>What images went through to find wrong labels and outliers; null where none did.</summary>
    public required ImageCheckFeatures? Features { get; init; }

    /// <summary>What couldn't be looked for, and why, as whole sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>How many times as many images the largest class has to learn from as the smallest; 1 where there is one class or none.</summary>
    public double Imbalance
    {
        get
        {
            int[] counts = [.. Classes.Select(item => item.Training).Where(count => count > 0)];
            return counts.Length == 0 ? 1 : (double)counts.Max() / counts.Min();
        }
    }

    /// <summary>The images that a careful person would look at and move away: each once, with the first thing that is wrong with it.</summary>
    public IReadOnlyList<ProposedMove> Proposals =>
    [
        .. Unreadable.Select(item => new ProposedMove(item.Image, ImageProblem.Unreadable, item.Reason))
            .Concat(Duplicates.SelectMany(ProposedMoves))
            .Concat(SuspectedLabels.Select(item => new ProposedMove(item.Image, ImageProblem.SuspectedLabel, FormattableString.Invariant(
                $"looks like '{item.Suggested}' ({item.SuggestedProbability:0.00}) rather than '{item.Image.Label}' ({item.OwnProbability:0.00})"))))
            .Concat(Outliers.Select(item => new ProposedMove(item.Image, ImageProblem.Outlier, FormattableString.Invariant(
                $"is {item.Distance:0.0} times as far from its neighbours as is usual"))))
            .Concat(Odd.Select(item => new ProposedMove(item.Image, ImageProblem.Odd, FormattableString.Invariant(
                $"is odd, {item.Width} x {item.Height} pixels: {string.Join(", ", item.Oddities)}"))))
            .OrderBy(move => move.Problem)
            .DistinctBy(move => move.Image),
    ];

    private static IEnumerable<ProposedMove> ProposedMoves(DuplicateGroup group) => group.Copies.Select(copy => copy.Kind switch
    {
        DuplicateKind.SameFile => new ProposedMove(copy.Image, ImageProblem.ExactDuplicate, $"has the same bytes as '{group.Kept.Path}'"),
        DuplicateKind.SamePixels => new ProposedMove(copy.Image, ImageProblem.ExactDuplicate, $"has the same pixels as '{group.Kept.Path}'"),
        DuplicateKind.Mirrored => new ProposedMove(copy.Image, ImageProblem.NearDuplicate, $"shows '{group.Kept.Path}' mirrored"),
        _ => new ProposedMove(copy.Image, ImageProblem.NearDuplicate, $"shows the same as '{group.Kept.Path}'"),
    });
}

/// <summary>What images went through, and how well it tells the classes apart.</summary>
/// <param name="Layer">What was taken as features.</param>
/// <param name="InputSize">Side of the network's input in pixels.</param>
/// <param name="Precision">The network's arithmetic.</param>
/// <param name="HeldOutAccuracy">Share of labels that heads which haven't seen the image agree with, 0 to 1; null where labels weren't checked.</param>
public sealed record ImageCheckFeatures(FeatureLayer Layer, int InputSize, OnnxPrecision Precision, double? HeldOutAccuracy);
