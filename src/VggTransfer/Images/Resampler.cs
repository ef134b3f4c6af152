using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Images;

/// <summary>
/// Pillow's resize over pixels of four bytes: horizontally first, rounded to 8 bits, then vertically. All sums are exact
/// integers, so the order of summation and the width of the vectors do not matter.
/// </summary>
internal static class Resampler
{
    private const int Half = 1 << (ResampleKernel.FractionBits - 1);

    /// <summary>Computes a window of a resize.</summary>
    /// <param name="source">Four bytes a pixel.</param>
    /// <param name="window">Which part of which resize.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="rgb">Receives <c>window.Height * window.Width * 3</c> bytes.</param>
    public static void Resize(PixelBuffer source, in ResizeWindow window, ResizeFilter filter, Span<byte> rgb)
    {
        ResizeBox box = window.Box;
        if (filter == ResizeFilter.Nearest)
        {
            Nearest(source, window, rgb);
            return;
        }

        bool horizontal = window.FullWidth != source.Width || box.Left != 0 || box.Right != source.Width;
        bool vertical = window.FullHeight != source.Height || box.Top != 0 || box.Bottom != source.Height;
        ResampleKernel? rows = vertical
            ? new ResampleKernel(filter, source.Height, box.Top, box.Bottom, window.FullHeight, window.Top, window.Height)
            : null;
        int firstRow = rows?.First ?? (int)window.Top;
        int rowCount = (rows?.End ?? firstRow + window.Height) - firstRow;

        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(rowCount * window.Width * 4));
        byte[] output = ArrayPool<byte>.Shared.Rent(window.Width * 4);
        try
        {
            Span<byte> narrowed = rented.AsSpan(0, rowCount * window.Width * 4);
            if (horizontal)
            {
                ResampleKernel columns = new(filter, source.Width, box.Left, box.Right, window.FullWidth, window.Left, window.Width);
                Horizontal(source, columns, firstRow, window.Width, narrowed);
            }
            else
            {
                CopyColumns(source, firstRow, (int)window.Left, window.Width, narrowed);
            }

            if (rows is null)
            {
                PixelBuffer.Compact(narrowed, rgb);
                return;
            }

            Span<byte> line = output.AsSpan(0, window.Width * 4);
            for (int y = 0; y < window.Height; y++)
            {
                int offset = (rows.Start(y) - firstRow) * line.Length;
                VerticalLine(narrowed[offset..], rows.Weights(y), line);
                PixelBuffer.Compact(line, rgb.Slice(y * window.Width * 3, window.Width * 3));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    private static void Horizontal(PixelBuffer source, ResampleKernel columns, int firstRow, int width, Span<byte> target)
    {
        Span<uint> to = MemoryMarshal.Cast<byte, uint>(target);
        ReadOnlySpan<uint> pixels = source.Pixels;
        int rowCount = to.Length / width;
        for (int y = 0; y < rowCount; y++)
        {
            ReadOnlySpan<uint> row = pixels.Slice((firstRow + y) * source.Width, source.Width);
            Span<uint> line = to.Slice(y * width, width);
            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<int> weights = columns.Weights(x);
                ReadOnlySpan<uint> taps = row.Slice(columns.Start(x), weights.Length);
                Vector128<int> sum = Vector128.Create(Half);
                for (int t = 0; t < taps.Length; t++)
                {
                    Vector128<byte> pixel = Vector128.CreateScalarUnsafe(taps[t]).AsByte();
                    Vector128<int> channels = Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32();
                    sum += channels * weights[t];
                }

                line[x] = Clip(sum);
            }
        }
    }

    private static void VerticalLine(ReadOnlySpan<byte> rows, ReadOnlySpan<int> weights, Span<byte> line)
    {
        ref byte top = ref MemoryMarshal.GetReference(rows);
        Span<uint> to = MemoryMarshal.Cast<byte, uint>(line);
        int stride = line.Length;
        int x = 0;
        for (; x + 4 <= to.Length; x += 4)
        {
            Vector128<int> a = Vector128.Create(Half), b = a, c = a, d = a;
            for (int t = 0; t < weights.Length; t++)
            {
                Vector128<byte> four = Vector128.LoadUnsafe(ref top, (nuint)((t * stride) + (x * 4)));
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(four);
                Vector128<int> weight = Vector128.Create(weights[t]);
                a += Vector128.WidenLower(low).AsInt32() * weight;
                b += Vector128.WidenUpper(low).AsInt32() * weight;
                c += Vector128.WidenLower(high).AsInt32() * weight;
                d += Vector128.WidenUpper(high).AsInt32() * weight;
            }

            (to[x], to[x + 1], to[x + 2], to[x + 3]) = (Clip(a), Clip(b), Clip(c), Clip(d));
        }

        for (; x < to.Length; x++)
        {
            Vector128<int> sum = Vector128.Create(Half);
            for (int t = 0; t < weights.Length; t++)
            {
                uint pixel = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref top, (t * stride) + (x * 4)));
                Vector128<byte> bytes = Vector128.CreateScalarUnsafe(pixel).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32() * weights[t];
            }

            to[x] = Clip(sum);
        }
    }

    /// <summary>Fixed point to 8 bits, clipped at 0 and 255: what filters with negative lobes overshoot.</summary>
    private static uint Clip(Vector128<int> sum)
    {
        Vector128<int> value = Vector128.ShiftRightArithmetic(sum, ResampleKernel.FractionBits);
        value = Vector128.Min(Vector128.Max(value, Vector128<int>.Zero), Vector128.Create(255));
        Vector128<ushort> shorts = Vector128.Narrow(value.AsUInt32(), value.AsUInt32());
        return Vector128.Narrow(shorts, shorts).AsUInt32().ToScalar();
    }

    private static void CopyColumns(PixelBuffer source, int firstRow, int left, int width, Span<byte> target)
    {
        Span<uint> to = MemoryMarshal.Cast<byte, uint>(target);
        for (int y = 0; y < to.Length / width; y++)
        {
            source.Pixels.Slice(((firstRow + y) * source.Width) + left, width).CopyTo(to.Slice(y * width, width));
        }
    }

    private static void Nearest(PixelBuffer source, in ResizeWindow window, Span<byte> rgb)
    {
        ResizeBox box = window.Box;
        int[] columns = NearestPositions(box.Left, box.Right, window.FullWidth, window.Left, window.Width, source.Width);
        int[] rows = NearestPositions(box.Top, box.Bottom, window.FullHeight, window.Top, window.Height, source.Height);
        ReadOnlySpan<uint> pixels = source.Pixels;
        int to = 0;
        foreach (int y in rows)
        {
            ReadOnlySpan<uint> row = pixels.Slice(y * source.Width, source.Width);
            foreach (int x in columns)
            {
                uint pixel = row[x];
                rgb[to] = (byte)pixel;
                rgb[to + 1] = (byte)(pixel >> 8);
                rgb[to + 2] = (byte)(pixel >> 16);
                to += 3;
            }
        }
    }

    /// <summary>
    /// The source position of each output position. Pillow adds the scale up from the first position on, so the same sum with
    /// the same rounding errors is formed here.
    /// </summary>
    private static int[] NearestPositions(float from, float to, long fullLength, long first, int count, int sourceLength)
    {
        int[] positions = new int[count];
        double scale = (double)(to - from) / fullLength;
        double at = from + (scale * 0.5);
        for (long i = 0; i < first + count; i++, at += scale)
        {
            if (i >= first)
            {
                positions[i - first] = Math.Clamp((int)at, 0, sourceLength - 1);
            }
        }

        return positions;
    }
}
