using System.Numerics.Tensors;

namespace VggTransfer.Quantization;

/// <summary>
/// How often values from 0 on were seen. Its reach grows by doubling, so that one pass over the images is enough; what it holds
/// doesn't depend on the order of the images.
/// </summary>
internal sealed class ActivationHistogram
{
    private const int Bins = 4096;

    // The share of values that the percentile lets be cut off.
    private const double CutShare = 1e-4;

    private readonly long[] _counts = new long[Bins];
    private double _reach;
    private long _zeros;

    /// <summary>The largest value seen.</summary>
    public float Maximum { get; private set; }

    /// <summary>Counts values; those below 0 count as 0, as behind ReLU.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        float largest = values.IsEmpty ? 0 : TensorPrimitives.Max(values);
        if (largest > Maximum)
        {
            Maximum = largest;
            Reach(largest);
        }

        double perUnit = _reach > 0 ? Bins / _reach : 0;
        foreach (float value in values)
        {
            if (value > 0)
            {
                _counts[Math.Min(Bins - 1, (int)(value * perUnit))]++;
            }
            else
            {
                _zeros++;
            }
        }
    }

    /// <summary>The range by a method; its maximum is above 0.</summary>
    public float Limit(RangeMethod method)
    {
        // A layer that never spoke gets any range.
        if (Maximum <= 0)
        {
            return 1;
        }

        return method switch
        {
            RangeMethod.MinMax => Maximum,
            RangeMethod.Percentile => (float)Math.Min(Maximum, Percentile()),
            RangeMethod.Entropy => (float)Math.Min(Maximum, Entropy()),
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such way of choosing a range."),
        };
    }

    private double Percentile()
    {
        long allowed = (long)((_zeros + _counts.Sum()) * CutShare);
        int bin = Bins;
        for (long cut = 0; bin > 1 && cut + _counts[bin - 1] <= allowed; bin--)
        {
            cut += _counts[bin - 1];
        }

        return bin * _reach / Bins;
    }

    private double Entropy()
    {
        const int Levels = byte.MaxValue + 1;
        int used = Array.FindLastIndex(_counts, count => count > 0) + 1;
        (double best, int bins) = (double.PositiveInfinity, used);
        for (int kept = Levels; kept <= used; kept += Levels / 16)
        {
            double divergence = Divergence(kept, Levels);
            if (divergence < best)
            {
                (best, bins) = (divergence, kept);
            }
        }

        return bins * _reach / Bins;
    }

    /// <summary>Of the values below a limit, with all beyond it moved there, from the same rounded to levels.</summary>
    private double Divergence(int kept, int levels)
    {
        double total = _counts.Sum();
        double cut = _counts.AsSpan(kept).ToArray().Sum();
        if (cut == total)
        {
            return double.PositiveInfinity;
        }

        double divergence = 0;
        for (int level = 0; level < levels; level++)
        {
            (int from, int to) = ((int)((long)level * kept / levels), (int)((long)(level + 1) * kept / levels));
            ReadOnlySpan<long> bins = _counts.AsSpan(from, to - from);
            double sum = 0;
            int spoken = 0;
            foreach (long count in bins)
            {
                sum += count;
                spoken += count > 0 ? 1 : 0;
            }

            for (int i = from; i < to; i++)
            {
                double exact = _counts[i] + (i == kept - 1 ? cut : 0);
                if (exact > 0)
                {
                    // The level's own values, spread evenly over its bins that have any; those cut off aren't among them.
                    double rounded = _counts[i] > 0 ? sum / spoken : 1e-3;
                    divergence += exact / total * Math.Log(exact / rounded * (total - cut) / total);
                }
            }
        }

        return divergence;
    }

    private void Reach(float value)
    {
        if (_reach == 0)
        {
            _reach = Math.Pow(2, Math.Ceiling(Math.Log2(value)));
        }

        while (_reach < value)
        {
            for (int i = 0; i < Bins / 2; i++)
            {
                _counts[i] = _counts[2 * i] + _counts[(2 * i) + 1];
            }

            Array.Clear(_counts, Bins / 2, Bins / 2);
            _reach *= 2;
        }
    }
}
