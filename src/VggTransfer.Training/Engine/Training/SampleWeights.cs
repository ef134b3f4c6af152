using VggTransfer.Keras.Data;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>The factors on the losses of single samples.</summary>
internal static class SampleWeights
{
    /// <summary>The product of sample and class weights; null if all are 1.</summary>
    /// <exception cref="ArgumentException">They don't fit the samples or classes.</exception>
    public static Tensor? Of(Batch batch, Targets targets, IReadOnlyDictionary<int, double>? classWeights, TorchDevice device)
    {
        if (batch.SampleWeight is null && classWeights is null)
        {
            return null;
        }

        double[] weights = batch.SampleWeight is { } given ? OfSamples(given, batch.Count) : [.. Enumerable.Repeat(1.0, batch.Count)];
        if (classWeights is not null)
        {
            CheckClasses(classWeights);
            int[] classes = targets.Indices();
            for (int i = 0; i < weights.Length; i++)
            {
                // Keras turns the dictionary into 4-byte numbers.
                weights[i] *= classWeights.TryGetValue(classes[i], out double weight)
                    ? (float)weight
                    : throw new ArgumentException($"The class weights have none for class {classes[i]}, which a sample has; there are weights for 0 to {classWeights.Count - 1}.", nameof(classWeights));
            }
        }

        return TorchArrays.ToDevice(NDArray.From(weights), device).to(device.WeightType);
    }

    private static double[] OfSamples(NDArray weights, int samples) =>
        weights.Count == samples && weights.Length == samples
        ? weights.ToDoubles()
        : throw new ArgumentException($"There are {samples} samples, and sample weights of the shape ({string.Join(", ", weights.Shape)}); one for each sample is needed.", nameof(weights));

    private static void CheckClasses(IReadOnlyDictionary<int, double> weights)
    {
        for (int i = 0; i < weights.Count; i++)
        {
            if (!weights.ContainsKey(i))
            {
                throw new ArgumentException(
                    $"Class weights must be given for the classes 0 to one less than their number, without gaps; these are for {string.Join(", ", weights.Keys.Order())}.", nameof(weights));
            }
        }
    }
}
