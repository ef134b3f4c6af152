using System.Numerics.Tensors;

namespace VggTransfer.DataQuality;

/// <summary>
/// How far each picture is from the others in the features: the distance to its tenth nearest neighbour (Ramaswamy, Rastogi and
/// Shim, 2000), so that nine screenshots among photos don't hide each other. In a large set neighbours are looked for in a sample,
/// so the work grows with the number of images only.
/// </summary>
internal static class OutlierSearch
{
    /// <summary>With fewer images, nothing is usual enough to be far from.</summary>
    public const int SmallestSet = 20;

    private const int Neighbour = 10;
    private const int LargestSample = 10_000;

    /// <param name="features">One vector for each image; normalised in place to length 1.</param>
    /// <param name="groups">For each image the number of its group of copies: copies don't count as neighbours, or an outlier that lies there often would be none.</param>
    /// <param name="seed">Seed of the sample.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="progress">Told the number of images done, of all.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>For each image its distance to its neighbour, where the middle one of all images has 1.</returns>
    public static double[] Distances(IReadOnlyList<float[]> features, IReadOnlyList<int> groups, int seed, int threads, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        foreach (float[] vector in features)
        {
            float norm = TensorPrimitives.Norm<float>(vector);
            TensorPrimitives.Divide(vector, norm == 0 ? 1 : norm, vector);
        }

        int[] sample = [.. Enumerable.Range(0, features.Count)];
        if (sample.Length > LargestSample)
        {
            new Random(seed).Shuffle(sample);
            sample = sample[..LargestSample];
        }

        int neighbour = Math.Clamp(features.Count / 10, 1, Neighbour);
        double[] distances = new double[features.Count];
        int done = 0;
        object gate = new();
        progress?.Invoke(0, features.Count);
        Parallel.For(0, features.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i =>
        {
            distances[i] = Distance(i, neighbour, features, groups, sample);
            lock (gate)
            {
                if (++done % 256 == 0 || done == features.Count)
                {
                    progress?.Invoke(done, features.Count);
                }
            }
        });
        double middle = distances.Order().ElementAt(distances.Length / 2);
        return [.. distances.Select(distance => middle == 0 ? 1 : distance / middle)];
    }

    private static double Distance(int image, int neighbour, IReadOnlyList<float[]> features, IReadOnlyList<int> groups, int[] sample)
    {
        var nearest = new PriorityQueue<int, float>(neighbour + 1);
        foreach (int other in sample)
        {
            if (groups[other] == groups[image])
            {
                continue;
            }

            float cosine = TensorPrimitives.Dot<float>(features[image], features[other]);
            if (nearest.Count < neighbour)
            {
                nearest.Enqueue(other, cosine);
            }
            else if (nearest.TryPeek(out _, out float farthest) && cosine > farthest)
            {
                nearest.DequeueEnqueue(other, cosine);
            }
        }

        // Of vectors of length 1: |a - b|^2 = 2 - 2 a.b
        return nearest.TryPeek(out _, out float last) ? Math.Sqrt(Math.Max(0, 2 - (2 * (double)last))) : 0;
    }
}
