using System.Numerics.Tensors;

namespace VggTransfer.Classification;

/// <summary>
/// The directions in which vectors differ most, by subspace iteration on their Gram matrix: as small as there are vectors,
/// however long they are. Only the subspace counts here, not its single directions, and a nearly best one does.
/// </summary>
internal static class PrincipalSubspace
{
    private const int Iterations = 12;

    /// <param name="vectors">Centred ones.</param>
    /// <param name="rank">Directions, at most as many as vectors.</param>
    /// <param name="random">The start.</param>
    /// <returns>Orthonormal directions, each as long as a vector; fewer than asked for where the vectors span less.</returns>
    public static float[][] Find(float[][] vectors, int rank, Random random)
    {
        float[][] gram = Gram(vectors);
        float[][] columns = [.. Enumerable.Range(0, rank).Select(_ => vectors.Select(_ => random.NextSingle() - 0.5f).ToArray())];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            columns = [.. Orthonormalise(columns).Select(column => gram.Select(row => TensorPrimitives.Dot<float>(row, column)).ToArray())];
        }

        return Orthonormalise([.. Orthonormalise(columns).Select(column => Combine(vectors, column))]);
    }

    private static float[][] Gram(float[][] vectors)
    {
        float[][] gram = [.. vectors.Select(_ => new float[vectors.Length])];
        Parallel.For(0, vectors.Length, i =>
        {
            for (int j = 0; j <= i; j++)
            {
                gram[i][j] = TensorPrimitives.Dot<float>(vectors[i], vectors[j]);
            }
        });
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                gram[j][i] = gram[i][j];
            }
        }

        return gram;
    }

    private static float[] Combine(float[][] vectors, float[] weights)
    {
        float[] sum = new float[vectors[0].Length];
        for (int i = 0; i < vectors.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(vectors[i], weights[i], sum, sum);
        }

        return sum;
    }

    /// <summary>Gram and Schmidt's method, twice for each vector; what is left of nothing is dropped.</summary>
    private static float[][] Orthonormalise(float[][] vectors)
    {
        var orthonormal = new List<float[]>(vectors.Length);
        foreach (float[] vector in vectors)
        {
            float[] rest = [.. vector];
            float length = TensorPrimitives.Norm<float>(rest);
            for (int pass = 0; pass < 2; pass++)
            {
                foreach (float[] other in orthonormal)
                {
                    TensorPrimitives.MultiplyAdd(other, -TensorPrimitives.Dot<float>(other, rest), rest, rest);
                }
            }

            float left = TensorPrimitives.Norm<float>(rest);
            if (left > 1e-4f * length)
            {
                TensorPrimitives.Divide(rest, left, rest);
                orthonormal.Add(rest);
            }
        }

        return [.. orthonormal];
    }
}
