namespace VggTransfer.Classification;

/// <summary>The images whose highest probability lies between two bounds: a bar of a reliability diagram.</summary>
/// <param name="Low">The lower bound, 0 to 1, exclusive.</param>
/// <param name="High">The upper bound, 0 to 1, inclusive.</param>
/// <param name="Count">How many images.</param>
/// <param name="Confidence">The mean of their highest probabilities, 0 to 1; 0 for no images.</param>
/// <param name="Accuracy">The share that is predicted right, 0 to 1; 0 for no images. Of calibrated probabilities the two are equal.</param>
public sealed record ReliabilityBin(double Low, double High, int Count, double Confidence, double Accuracy);

/// <summary>How far probabilities are from what happens.</summary>
internal static class ReliabilityDiagram
{
    /// <summary>As many as Guo et al. (2017) take, so that figures compare.</summary>
    private const int Bins = 15;

    /// <summary>Equally wide bins of the highest probability, from 0 to 1.</summary>
    /// <param name="truth">For each image the index of its true class.</param>
    /// <param name="probabilities">For each image those of all classes.</param>
    public static IReadOnlyList<ReliabilityBin> Compute(IReadOnlyList<int> truth, IReadOnlyList<float[]> probabilities)
    {
        int[] counts = new int[Bins], hits = new int[Bins];
        double[] confidences = new double[Bins];
        for (int i = 0; i < truth.Count; i++)
        {
            int predicted = ClassificationMetrics.ArgMax(probabilities[i]);
            float confidence = probabilities[i][predicted];
            int bin = Math.Clamp((int)Math.Ceiling(confidence * Bins) - 1, 0, Bins - 1);
            counts[bin]++;
            confidences[bin] += confidence;
            hits[bin] += predicted == truth[i] ? 1 : 0;
        }

        return [.. counts.Select((count, bin) => new ReliabilityBin(
            (double)bin / Bins, (bin + 1d) / Bins, count, count == 0 ? 0 : confidences[bin] / count, count == 0 ? 0 : (double)hits[bin] / count))];
    }

    /// <summary>The expected calibration error: the bins' distances between confidence and accuracy, weighted by their images.</summary>
    public static double Error(IReadOnlyList<ReliabilityBin> bins)
    {
        int images = bins.Sum(bin => bin.Count);
        return images == 0 ? 0 : bins.Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Accuracy)) / images;
    }
}
