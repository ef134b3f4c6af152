using VggTransfer.Features;

namespace VggTransfer.Cli;

/// <summary>Says on standard error what was left out, without flooding the screen.</summary>
internal static class SkippedImages
{
    private const int Shown = 20;

    public static void Warn(Screen screen, IReadOnlyList<SkippedImage> skipped, IReadOnlyList<string> warnings)
    {
        foreach (SkippedImage image in skipped.Take(Shown))
        {
            screen.Warn("skipped: " + image.Reason);
        }

        if (skipped.Count > Shown)
        {
            screen.Warn($"... and {skipped.Count - Shown} more skipped images (--json names them all).");
        }

        foreach (string warning in warnings)
        {
            screen.Warn(warning);
        }
    }

    /// <summary>Such as <c>24 images used, 1 skipped</c>.</summary>
    public static string Count(int used, int skipped) =>
        $"{(used == 1 ? "1 image" : $"{used} images")} used, {(skipped == 0 ? "none" : skipped)} skipped";
}
