using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.Classification;

/// <summary>
/// The input size that suits a user's images, for networks that take any. Tiny pictures gain nothing from being blown
/// up to 224 pixels, photos gain from more than that: measured with the embedded backbone, 32x32 pictures are classified
/// best at 128, photos at 288.
/// </summary>
internal static class InputSizeRule
{
    /// <summary>The work that trying another size may take, in images of 224 x 224 pixels: 600 are about a minute on two processors.</summary>
    public const int TrialImages = 600;

    /// <summary>The sizes worth trying, the likeliest first.</summary>
    /// <param name="paths">The images, of which some are looked at.</param>
    /// <param name="decoding">Orientation and limits.</param>
    /// <param name="largest">Larger ones are left out.</param>
    public static IReadOnlyList<int> For(IReadOnlyList<string> paths, ImageDecodeOptions decoding, int largest = int.MaxValue)
    {
        int[] sizes = (ImageFolder.MedianSide(paths, decoding) ?? 224) switch
        {
            <= 48 => [128, 96],
            <= 112 => [128, 160],
            <= 192 => [160, 224],
            <= 256 => [224, 160],
            _ => [288, 224],
        };
        int[] allowed = [.. sizes.Where(size => size <= largest)];
        return allowed.Length > 0 ? allowed : [largest];
    }

    /// <summary>
    /// Whether there is time to try another size. Counted in images of 224 x 224 pixels rather than in seconds, so that the same
    /// folder gives the same choice on any machine.
    /// </summary>
    /// <param name="size">The other size.</param>
    /// <param name="images">All images, those to validate on included.</param>
    /// <param name="allowed">The work that it may take.</param>
    public static bool IsWorthTrying(int size, int images, int allowed = TrialImages) => images * ((double)size * size / (224 * 224)) <= allowed;

    /// <summary>Whether another size is to be taken instead of the likeliest one: by what the best head on each came to in cross-validation.</summary>
    public static bool IsBetter(HeadTrial other, HeadTrial likeliest) => HeadTrial.Compare(other, likeliest) < 0;
}
