using System.Numerics.Tensors;

namespace VggTransfer.DataQuality;

/// <summary>
/// How far each picture is from its nearest neighbours in the features. Pictures of a set have neighbours; a screenshot among
/// photos has none. In a large set neighbours are looked for in a sample, so the work grows with the number of images only.
/// </summary>
internal static class OutlierSearch
{
    /// <summary>With fewer images, nothing is usual enough to be far from.</summary>
    public const int SmallestSet = 20;

    private const int Neighbours = 5;
    private const int LargestSample = 10_000;

    /// <param name="features">One vector for each image; normalised in place to length 1.</param>
    /// <param name="groups">For each image the number of its group of copies: copies don't count as neighbours, or an outlier that lies there twice would be none.</param>
    /// <param name="seed">Seed of the sample.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="progress">Told the number of images done, of all.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>For each image its mean distance to its neighbours, where the middle one of all images has 1.</returns>
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

        double[] distances = new double[features.Count];
        int done = 0;
        object gate = new();
        Parallel.For(0, features.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i =>
        {
            distances[i] = MeanDistance(i, features, groups, sample);
            if (Interlocked.Increment(ref done) is int count && count % 256 == 0)
            {
                lock (gate)
                {
                    progress?.Invoke(count, features.Count);
                }
            }
        });
        double middle = distances.Order().ElementAt(distances.Length / 2);
        return [.. distances.Select(distance => middle == 0 ? 1 : distance / middle)];
    }

    private static double MeanDistance(int image, IReadOnlyList<float[]> features, IReadOnlyList<int> groups, int[] sample)
    {
        var nearest = new PriorityQueue<float, float>(Neighbours + 1);
        foreach (int other in sample)
        {
            if (groups[other] == groups[image])
            {
                continue;
            }

            float cosine = TensorPrimitives.Dot<float>(features[image], features[other]);
            if (nearest.Count < Neighbours || cosine > nearest.Peek())
            {
                nearest.Enqueue(cosine, cosine);
                if (nearest.Count > Neighbours)
                {
                    nearest.Dequeue();
                }
            }
        }

        // Of vectors of length 1: |a - b|^2 = 2 - 2 a.b
        return nearest.Count == 0 ? 0 : nearest.UnorderedItems.Average(item => Math.Sqrt(Math.Max(0, 2 - (2 * (double)item.Element))));
    }
}
