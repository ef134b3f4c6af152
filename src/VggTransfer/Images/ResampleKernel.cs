namespace VggTransfer.Images;

/// <summary>
/// For each output position of one axis, the source positions that count and their weights, as Pillow computes them: in
/// double precision, normalised to a sum of 1, rounded to fixed point with 22 fractional bits (32 - 8 bits of pixel - 2 bits
/// of headroom for filters with negative lobes).
/// </summary>
internal sealed class ResampleKernel
{
    public const int FractionBits = 32 - 8 - 2;

    private readonly int[] _weights;
    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int _stride;

    /// <summary>Prepares a window of an axis.</summary>
    /// <param name="filter">Not <see cref="ResizeFilter.Nearest"/>.</param>
    /// <param name="sourceLength">Source pixels on this axis.</param>
    /// <param name="from">Where the box begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="fullLength">Output pixels that the box becomes.</param>
    /// <param name="first">First output pixel wanted.</param>
    /// <param name="count">Output pixels wanted.</param>
    public ResampleKernel(ResizeFilter filter, int sourceLength, float from, float to, long fullLength, long first, int count)
    {
        double scale = (double)(to - from) / fullLength;
        double filterScale = Math.Max(scale, 1);
        double support = Support(filter) * filterScale;
        double shrink = 1 / filterScale;
        _stride = (int)Math.Min(((long)Math.Ceiling(support) * 2) + 1, sourceLength);
        _weights = new int[checked(_stride * count)];
        _starts = new int[count];
        _counts = new int[count];
        double[] exact = new double[_stride];
        for (int i = 0; i < count; i++)
        {
            double centre = from + ((first + i + 0.5) * scale);
            int start = Math.Max((int)(centre - support + 0.5), 0);
            int taps = Math.Min((int)(centre + support + 0.5), sourceLength) - start;
            double sum = 0;
            for (int t = 0; t < taps; t++)
            {
                exact[t] = Weight(filter, (t + start - centre + 0.5) * shrink);
                sum += exact[t];
            }

            Span<int> weights = _weights.AsSpan(i * _stride, taps);
            for (int t = 0; t < taps; t++)
            {
                double weight = (sum != 0 ? exact[t] / sum : exact[t]) * (1 << FractionBits);
                weights[t] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }

            (_starts[i], _counts[i]) = (start, taps);
        }

        First = _starts[0];
        End = _starts[^1] + _counts[^1];
    }

    /// <summary>The first source position that any output needs.</summary>
    public int First { get; }

    /// <summary>One behind the last source position that any output needs.</summary>
    public int End { get; }

    /// <summary>The first source position of one output.</summary>
    public int Start(int output) => _starts[output];

    /// <summary>The weights of one output, from its first source position on.</summary>
    public ReadOnlySpan<int> Weights(int output) => _weights.AsSpan(output * _stride, _counts[output]);

    private static double Support(ResizeFilter filter) => filter switch
    {
        ResizeFilter.Bilinear => 1,
        ResizeFilter.Bicubic => 2,
        _ => 3,
    };

    private static double Weight(ResizeFilter filter, double x) => filter switch
    {
        ResizeFilter.Bilinear => Math.Max(1 - Math.Abs(x), 0),
        ResizeFilter.Bicubic => Cubic(Math.Abs(x)),
        _ => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
    };

    private static double Cubic(double x)
    {
        const double a = -0.5;
        return x < 1 ? (((a + 2) * x) - (a + 3)) * x * x + 1
            : x < 2 ? (((x - 5) * x + 8) * x - 4) * a
            : 0;
    }

    private static double Sinc(double x)
    {
        if (x == 0)
        {
            return 1;
        }

        double angle = x * Math.PI;
        return Math.Sin(angle) / angle;
    }
}
