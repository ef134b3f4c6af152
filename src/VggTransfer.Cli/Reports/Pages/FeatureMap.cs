using System.Numerics.Tensors;

namespace VggTransfer.Cli;

/// <summary>
/// Places feature vectors in a plane so that neighbours stay neighbours: t-SNE (L. van der Maaten, G. Hinton, JMLR 9, 2008),
/// exact, for up to some hundreds of vectors. The same vectors and seed give the same map.
/// </summary>
internal static class FeatureMap
{
    // Section 3.4 of the paper: the rate, its momentum, and how long the attraction is exaggerated.
    private const int Iterations = 400;
    private const int Exaggerated = 100;
    private const double Exaggeration = 4;
    private const double EarlyMomentum = 0.5;
    private const double LateMomentum = 0.8;

    // About as many neighbours count for each vector.
    private const double LargestPerplexity = 30;

    /// <param name="features">Vectors of one length.</param>
    /// <param name="seed">Of the start.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>A place for each, around (0, 0).</returns>
    public static (double X, double Y)[] Place(IReadOnlyList<float[]> features, int seed, CancellationToken cancellationToken = default)
    {
        int n = features.Count;
        if (n < 3)
        {
            return [.. Enumerable.Range(0, n).Select(i => ((double)i, 0.0))];
        }

        double[] attraction = Attraction(Distances(features), n, cancellationToken);
        var random = new Random(seed);
        double[] places = [.. Enumerable.Range(0, 2 * n).Select(_ => 1e-4 * Normal(random))];
        double[] velocity = new double[2 * n];
        double[] gains = [.. Enumerable.Repeat(1.0, 2 * n)];
        double[] gradient = new double[2 * n];
        double[] kernel = new double[n * n];
        double rate = Math.Max(n / Exaggeration / 4, 50);
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Gradient(places, attraction, iteration < Exaggerated ? Exaggeration : 1, kernel, gradient, n);
            double momentum = iteration < Exaggerated ? EarlyMomentum : LateMomentum;
            for (int i = 0; i < places.Length; i++)
            {
                gains[i] = Math.Sign(gradient[i]) != Math.Sign(velocity[i]) ? gains[i] + 0.2 : Math.Max(gains[i] * 0.8, 0.01);
                velocity[i] = (momentum * velocity[i]) - (rate * gains[i] * gradient[i]);
                places[i] += velocity[i];
            }
        }

        return [.. Enumerable.Range(0, n).Select(i => (places[2 * i], places[(2 * i) + 1]))];
    }

    /// <summary>Squared distances, of the vectors divided by their mean length so that their unit doesn't matter.</summary>
    private static double[] Distances(IReadOnlyList<float[]> features)
    {
        int n = features.Count;
        double[] distances = new double[n * n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < i; j++)
            {
                float distance = TensorPrimitives.Distance<float>(features[i], features[j]);
                distances[(i * n) + j] = distances[(j * n) + i] = (double)distance * distance;
            }
        });
        double mean = distances.Average();
        return mean == 0 ? distances : [.. distances.Select(distance => distance / mean)];
    }

    /// <summary>Joint probabilities whose conditional ones have the wanted perplexity (sections 2 and 3.1).</summary>
    private static double[] Attraction(double[] distances, int n, CancellationToken cancellationToken)
    {
        double entropy = Math.Log(Math.Min(LargestPerplexity, (n - 1) / 3.0));
        double[] conditional = new double[n * n];
        Parallel.For(0, n, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            Span<double> row = conditional.AsSpan(i * n, n);
            ReadOnlySpan<double> from = distances.AsSpan(i * n, n);
            double nearest = double.PositiveInfinity;
            for (int j = 0; j < n; j++)
            {
                nearest = j == i ? nearest : Math.Min(nearest, from[j]);
            }

            (double low, double high, double precision) = (0, double.PositiveInfinity, 1);
            for (int step = 0; step < 60; step++)
            {
                double sum = 0;
                double weighted = 0;
                for (int j = 0; j < n; j++)
                {
                    // The nearest one's distance drops out of the quotient, and keeps the sum above 0.
                    double p = j == i ? 0 : Math.Exp(-precision * (from[j] - nearest));
                    row[j] = p;
                    sum += p;
                    weighted += p * (from[j] - nearest);
                }

                TensorPrimitives.Divide(row, sum, row);
                double found = Math.Log(sum) + (precision * weighted / sum);
                if (Math.Abs(found - entropy) < 1e-5)
                {
                    break;
                }

                (low, high) = found > entropy ? (precision, high) : (low, precision);
                precision = double.IsInfinity(high) ? precision * 2 : (low + high) / 2;
            }
        });

        double[] joint = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                joint[(i * n) + j] = Math.Max((conditional[(i * n) + j] + conditional[(j * n) + i]) / (2 * n), 1e-12);
            }
        }

        return joint;
    }

    private static void Gradient(double[] places, double[] attraction, double exaggeration, double[] kernel, double[] gradient, int n)
    {
        double total = 0;
        for (int i = 0; i < n; i++)
        {
            kernel[(i * n) + i] = 0;
            for (int j = 0; j < i; j++)
            {
                double x = places[2 * i] - places[2 * j];
                double y = places[(2 * i) + 1] - places[(2 * j) + 1];
                double q = 1 / (1 + (x * x) + (y * y));
                kernel[(i * n) + j] = kernel[(j * n) + i] = q;
                total += 2 * q;
            }
        }

        // Row by row, so that the order of the sums, and with it every bit, doesn't depend on threads.
        Parallel.For(0, n, i =>
        {
            double gx = 0, gy = 0;
            for (int j = 0; j < n; j++)
            {
                double q = kernel[(i * n) + j];
                double force = ((exaggeration * attraction[(i * n) + j]) - Math.Max(q / total, 1e-12)) * q;
                gx += force * (places[2 * i] - places[2 * j]);
                gy += force * (places[(2 * i) + 1] - places[(2 * j) + 1]);
            }

            gradient[2 * i] = 4 * gx;
            gradient[(2 * i) + 1] = 4 * gy;
        });
    }

    /// <summary>Box and Muller.</summary>
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
