
namespace VggTransfer.Keras.Data;

/// <summary>
/// Random numbers, one after the other, of which a seed gives the same on every machine and in every version of .NET:
/// SplitMix64 (see <see cref="RandomNumbers"/>).
/// </summary>
internal sealed class SampleRandom(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A whole number from 0 on, and below a limit of 1 or more.</summary>
    public int Below(int limit)
    {
        // Lemire, Fast Random Integer Generation in an Interval, 2019: the few products that would favour some numbers are
        // drawn again.
        uint range = (uint)limit;
        ulong product = (ulong)Next() * range;
        if ((uint)product < range)
        {
            uint threshold = (0u - range) % range;
            while ((uint)product < threshold)
            {
                product = (ulong)Next() * range;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>A number above 0 and below 1.</summary>
    public double Unit() => ((Next64() >> 12) + 0.5) / (1UL << 52);

    /// <summary>A number between two limits.</summary>
    public double Between(double minimum, double maximum) => minimum + (Unit() * (maximum - minimum));

    /// <summary>A number of the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958).</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(Unit()));
        return radius * Math.Cos(2 * Math.PI * Unit());
    }

    /// <summary>A number of the beta distribution with both parameters the same.</summary>
    /// <param name="alpha">The parameters, above 0.</param>
    public double SymmetricBeta(double alpha)
    {
        // As logarithms, because for a small alpha both gammas may be smaller than any number.
        double difference = LogGamma(alpha) - LogGamma(alpha);
        return 1 / (1 + Math.Exp(difference));
    }

    /// <summary>The numbers from 0 to <paramref name="count"/> - 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int drawn = Below(i + 1);
            (order[i], order[drawn]) = (order[drawn], order[i]);
        }

        return order;
    }

    /// <summary>
    /// The logarithm of a number of the gamma distribution with scale 1 (Marsaglia and Tsang, A Simple Method for Generating Gamma
    /// Variables, 2000); its section 6 for a shape below 1.
    /// </summary>
    private double LogGamma(double shape)
    {
        double d = (shape < 1 ? shape + 1 : shape) - (1.0 / 3), c = 1 / Math.Sqrt(9 * d);
        double small = shape < 1 ? Math.Log(Unit()) / shape : 0;
        while (true)
        {
            double x = Normal();
            double v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(Unit()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return Math.Log(d * v) + small;
            }
        }
    }

    private uint Next() => (uint)(Next64() >> 32);

    private ulong Next64()
    {
        _state += Gamma;
        return RandomNumbers.Mix(_state);
    }
}
