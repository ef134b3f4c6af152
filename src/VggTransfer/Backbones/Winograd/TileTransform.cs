using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Backbones;

/// <summary>
/// Winograd's F(4 x 4, 3 x 3) (A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", section 4.3): tiles of 4 x 4
/// outputs from 6 x 6 inputs by 36 products instead of 144.
/// </summary>
/// <remarks>
/// The polynomials are interpolated at 0, +-sqrt(1/2), +-sqrt(2) and infinity instead of the paper's 0, +-1, +-2: the factors stay
/// nearer to 1, and so do rounding errors.
/// </remarks>
internal static unsafe class TileTransform
{
    /// <summary>Products of a tile.</summary>
    public const int Points = 36;

    private const int Side = 6;
    private const float Near = 0.70710678f;
    private const float Far = 1.41421356f;

    /// <summary>Kernels of 3 x 3 to their 36 factors, of 8 outputs at a time and in double precision until the end.</summary>
    /// <param name="kernel">8 outputs of the first weight.</param>
    /// <param name="weightStride">Singles to the next weight.</param>
    /// <param name="factors">Gets 8 outputs of the first factor.</param>
    /// <param name="pointStride">Singles to the next factor.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel(float* kernel, nint weightStride, float* factors, nint pointStride)
    {
        Vector256<double>* half = stackalloc Vector256<double>[2 * Side * 3];
        for (int x = 0; x < 3; x++)
        {
            Vector256<float> k0 = Vector256.Load(kernel + (x * weightStride));
            Vector256<float> k1 = Vector256.Load(kernel + ((3 + x) * weightStride));
            Vector256<float> k2 = Vector256.Load(kernel + ((6 + x) * weightStride));
            KernelLine(Vector256.WidenLower(k0), Vector256.WidenLower(k1), Vector256.WidenLower(k2), half + (2 * x), 6);
            KernelLine(Vector256.WidenUpper(k0), Vector256.WidenUpper(k1), Vector256.WidenUpper(k2), half + (2 * x) + 1, 6);
        }

        Vector256<double>* line = stackalloc Vector256<double>[2 * Side];
        for (int y = 0; y < Side; y++)
        {
            Vector256<double>* h = half + (6 * y);
            KernelLine(h[0], h[2], h[4], line, 2);
            KernelLine(h[1], h[3], h[5], line + 1, 2);
            for (int x = 0; x < Side; x++)
            {
                Vector256.Narrow(line[2 * x], line[(2 * x) + 1]).Store(factors);
                factors += pointStride;
            }
        }
    }

    /// <summary>A tile of 6 x 6 pixels of 16 channels to its 36 factors.</summary>
    /// <param name="pixels">The tile's first pixel.</param>
    /// <param name="rowStride">Singles to the pixel below.</param>
    /// <param name="factors">Gets 16 channels of the first factor.</param>
    /// <param name="pointStride">Singles to the next factor.</param>
    /// <param name="scratch">Room for 36 vectors of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float* pixels, nint rowStride, float* factors, nint pointStride, Vector256<float>* scratch)
    {
        for (int half = 0; half < 2; half++)
        {
            for (int x = 0; x < Side; x++)
            {
                float* p = pixels + (x * BlockedMap.Lanes);
                InputLine(
                    Vector256.Load(p), Vector256.Load(p + rowStride), Vector256.Load(p + (2 * rowStride)),
                    Vector256.Load(p + (3 * rowStride)), Vector256.Load(p + (4 * rowStride)), Vector256.Load(p + (5 * rowStride)),
                    out Vector256<float> r0, out Vector256<float> r1, out Vector256<float> r2, out Vector256<float> r3, out Vector256<float> r4, out Vector256<float> r5);
                scratch[x] = r0;
                scratch[Side + x] = r1;
                scratch[(2 * Side) + x] = r2;
                scratch[(3 * Side) + x] = r3;
                scratch[(4 * Side) + x] = r4;
                scratch[(5 * Side) + x] = r5;
            }

            float* f = factors;
            for (int y = 0; y < Side; y++)
            {
                Vector256<float>* s = scratch + (y * Side);
                InputLine(s[0], s[1], s[2], s[3], s[4], s[5],
                    out Vector256<float> r0, out Vector256<float> r1, out Vector256<float> r2, out Vector256<float> r3, out Vector256<float> r4, out Vector256<float> r5);
                r0.Store(f);
                r1.Store(f + pointStride);
                r2.Store(f + (2 * pointStride));
                r3.Store(f + (3 * pointStride));
                r4.Store(f + (4 * pointStride));
                r5.Store(f + (5 * pointStride));
                f += Side * pointStride;
            }

            pixels += 8;
            factors += 8;
        }
    }

    /// <summary>36 products to a tile of 4 x 4 pixels, with bias and ReLU.</summary>
    /// <param name="products">36 times 16 channels.</param>
    /// <param name="bias">Of the 16 channels.</param>
    /// <param name="tile">Gets 4 x 4 times 16 channels.</param>
    /// <param name="rowStride">Singles to the pixel below.</param>
    /// <param name="scratch">Room for 24 vectors of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* products, float* bias, float* tile, nint rowStride, Vector256<float>* scratch)
    {
        for (int half = 0; half < 2; half++)
        {
            OutputColumns(products, scratch);
            Vector256<float> b = Vector256.Load(bias);
            float* row = tile;
            for (int y = 0; y < BlockedMap.Tile; y++)
            {
                OutputRow(scratch + (y * Side), b, out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3);
                y0.Store(row);
                y1.Store(row + BlockedMap.Lanes);
                y2.Store(row + (2 * BlockedMap.Lanes));
                y3.Store(row + (3 * BlockedMap.Lanes));
                row += rowStride;
            }

            products += 8;
            bias += 8;
            tile += 8;
        }
    }

    /// <summary>The same, and of each 2 x 2 pixels only the largest.</summary>
    /// <param name="products">36 times 16 channels.</param>
    /// <param name="bias">Of the 16 channels.</param>
    /// <param name="tile">Gets 2 x 2 times 16 channels.</param>
    /// <param name="rowStride">Singles to the pixel below.</param>
    /// <param name="scratch">Room for 24 vectors of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputPooled(float* products, float* bias, float* tile, nint rowStride, Vector256<float>* scratch)
    {
        for (int half = 0; half < 2; half++)
        {
            OutputColumns(products, scratch);
            Vector256<float> b = Vector256.Load(bias);
            float* row = tile;
            for (int y = 0; y < BlockedMap.Tile; y += 2)
            {
                OutputRow(scratch + (y * Side), b, out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3);
                OutputRow(scratch + ((y + 1) * Side), b, out Vector256<float> z0, out Vector256<float> z1, out Vector256<float> z2, out Vector256<float> z3);
                Vector256.MaxNative(Vector256.MaxNative(y0, y1), Vector256.MaxNative(z0, z1)).Store(row);
                Vector256.MaxNative(Vector256.MaxNative(y2, y3), Vector256.MaxNative(z2, z3)).Store(row + BlockedMap.Lanes);
                row += rowStride;
            }

            products += 8;
            bias += 8;
            tile += 8;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelLine(Vector256<double> k0, Vector256<double> k1, Vector256<double> k2, Vector256<double>* factors, int stride)
    {
        Vector256<double> near = k1 * Math.Sqrt(0.5);
        Vector256<double> far = k1 * Math.Sqrt(2);
        Vector256<double> even = k0 + (k2 * 0.5);
        factors[0] = k0;
        factors[stride] = (even + near) / -1.5;
        factors[2 * stride] = (even - near) / -1.5;
        even = k0 + (k2 * 2);
        factors[3 * stride] = (even + far) / 6;
        factors[4 * stride] = (even - far) / 6;
        factors[5 * stride] = k2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(
        Vector256<float> d0, Vector256<float> d1, Vector256<float> d2, Vector256<float> d3, Vector256<float> d4, Vector256<float> d5,
        out Vector256<float> r0, out Vector256<float> r1, out Vector256<float> r2, out Vector256<float> r3, out Vector256<float> r4, out Vector256<float> r5)
    {
        Vector256<float> middle = Vector256.Create(-2.5f);
        r0 = Vector256.FusedMultiplyAdd(middle, d2, d0 + d4);
        r5 = Vector256.FusedMultiplyAdd(middle, d3, d1 + d5);
        Vector256<float> even = Vector256.FusedMultiplyAdd(Vector256.Create(-2f), d2, d4);
        Vector256<float> odd = Vector256.FusedMultiplyAdd(Vector256.Create(-2f), d1, d3);
        r1 = Vector256.FusedMultiplyAdd(Vector256.Create(Near), odd, even);
        r2 = Vector256.FusedMultiplyAdd(Vector256.Create(-Near), odd, even);
        even = Vector256.FusedMultiplyAdd(Vector256.Create(-0.5f), d2, d4);
        odd = Vector256.FusedMultiplyAdd(Vector256.Create(-0.5f), d1, d3);
        r3 = Vector256.FusedMultiplyAdd(Vector256.Create(Far), odd, even);
        r4 = Vector256.FusedMultiplyAdd(Vector256.Create(-Far), odd, even);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputColumns(float* products, Vector256<float>* scratch)
    {
        for (int x = 0; x < Side; x++)
        {
            float* p = products + (x * BlockedMap.Lanes);
            OutputLine(
                Vector256.Load(p), Vector256.Load(p + (Side * BlockedMap.Lanes)), Vector256.Load(p + (2 * Side * BlockedMap.Lanes)),
                Vector256.Load(p + (3 * Side * BlockedMap.Lanes)), Vector256.Load(p + (4 * Side * BlockedMap.Lanes)), Vector256.Load(p + (5 * Side * BlockedMap.Lanes)),
                out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3);
            scratch[x] = y0;
            scratch[Side + x] = y1;
            scratch[(2 * Side) + x] = y2;
            scratch[(3 * Side) + x] = y3;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputRow(Vector256<float>* s, Vector256<float> bias, out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3)
    {
        OutputLine(s[0], s[1], s[2], s[3], s[4], s[5], out y0, out y1, out y2, out y3);
        y0 = Vector256.MaxNative(Vector256<float>.Zero, y0 + bias);
        y1 = Vector256.MaxNative(Vector256<float>.Zero, y1 + bias);
        y2 = Vector256.MaxNative(Vector256<float>.Zero, y2 + bias);
        y3 = Vector256.MaxNative(Vector256<float>.Zero, y3 + bias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputLine(
        Vector256<float> m0, Vector256<float> m1, Vector256<float> m2, Vector256<float> m3, Vector256<float> m4, Vector256<float> m5,
        out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3)
    {
        Vector256<float> nearSum = m1 + m2;
        Vector256<float> nearDifference = (m1 - m2) * Vector256.Create(Near);
        Vector256<float> farSum = m3 + m4;
        Vector256<float> farDifference = (m3 - m4) * Vector256.Create(Far);
        y0 = m0 + nearSum + farSum;
        y1 = nearDifference + farDifference;
        y2 = Vector256.FusedMultiplyAdd(Vector256.Create(2f), farSum, nearSum * Vector256.Create(0.5f));
        y3 = Vector256.FusedMultiplyAdd(Vector256.Create(2f), farDifference, Vector256.FusedMultiplyAdd(Vector256.Create(0.5f), nearDifference, m5));
    }
}
