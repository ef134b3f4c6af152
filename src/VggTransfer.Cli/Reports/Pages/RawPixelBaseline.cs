using VggTransfer.Classification;
using VggTransfer.Images;

namespace VggTransfer.Cli;

/// <summary>What a head reaches on raw pixels: the measure of what a network's features add.</summary>
internal static class RawPixelBaseline
{
    private const int Side = 32;

    /// <summary>The same kind of head, its regularisation chosen in the same way, on 32 x 32 RGB values.</summary>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="training">Files and the indices of their classes.</param>
    /// <param name="judged">Files and the indices of their classes.</param>
    /// <param name="orientation">Whether photos are turned upright.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The accuracy on the judged images, 0 to 1.</returns>
    public static double Accuracy(
        int classCount, IReadOnlyList<(string Path, int Class)> training, IReadOnlyList<(string Path, int Class)> judged, ImageOrientation orientation, int threads, CancellationToken cancellationToken)
    {
        var decoding = new ImageDecodeOptions { Orientation = orientation };
        float[][] Read(IReadOnlyList<(string Path, int Class)> images)
        {
            float[][] rows = new float[images.Count][];
            Parallel.For(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i =>
            {
                byte[] pixels = new byte[Side * Side * 3];
                ImagePreparation.Prepare(images[i].Path, ResizeRecipe.Stretch(ResizeFilter.Bilinear), Side, pixels, decoding);
                rows[i] = [.. pixels.Select(pixel => pixel / 255f)];
            });
            return rows;
        }

        float[][] pixels = Read(training);
        LinearHead head = LinearHead.Fit(Read(training), [.. training.Select(image => image.Class)], classCount, l2Regularization: null, threads: threads, cancellationToken: cancellationToken);
        return Read(judged).Zip(judged).Count(row => head.Predict(row.First) == row.Second.Class) / (double)judged.Count;
    }
}
