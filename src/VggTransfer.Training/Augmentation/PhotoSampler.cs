using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Augmentation;

/// <summary>
/// Draws a view of a picture as a square, in one resampling: a triangle on each of the picture's axes, as wide as the distance between two
/// pixels of the result where the picture shrinks, and bilinear interpolation where it grows. An upright view is what Pillow's
/// antialiased bilinear resize gives. Around the picture lies its reflection.
/// </summary>
internal static class PhotoSampler
{
    private const int Channels = 3;

    /// <summary>Draws.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="view">What of it is seen.</param>
    /// <param name="size">Side of the square in pixels.</param>
    /// <param name="flip">Whether the square is mirrored.</param>
    /// <param name="rgb">Receives <paramref name="size"/> x <paramref name="size"/> x 3 bytes.</param>
    public static void Draw(PhotoPicture picture, PhotoView view, int size, bool flip, Span<byte> rgb)
    {
        double step = 1.0 / size;
        var columns = new Taps(Math.Max(1, Math.Sqrt((view.XPerU * view.XPerU) + (view.XPerV * view.XPerV)) * step), picture.Width);
        var rows = new Taps(Math.Max(1, Math.Sqrt((view.YPerU * view.YPerU) + (view.YPerV * view.YPerV)) * step), picture.Height);
        for (int row = 0; row < size; row++)
        {
            double v = ((row + 0.5) * step) - 0.5;
            for (int column = 0; column < size; column++)
            {
                double u = ((column + 0.5) * step) - 0.5;
                columns.Move(view.CentreX + (view.XPerU * u) + (view.XPerV * v));
                rows.Move(view.CentreY + (view.YPerU * u) + (view.YPerV * v));
                uint pixel = Mix(picture, columns, rows);
                int to = ((row * size) + (flip ? size - 1 - column : column)) * Channels;
                rgb[to] = (byte)pixel;
                rgb[to + 1] = (byte)(pixel >> 8);
                rgb[to + 2] = (byte)(pixel >> 16);
            }
        }
    }

    private static uint Mix(PhotoPicture picture, Taps columns, Taps rows)
    {
        // Read without bounds checks: taps lie within the picture, and a byte follows its last pixel.
        ref byte pixels = ref MemoryMarshal.GetArrayDataReference(picture.Padded);
        Vector128<float> sum = Vector128<float>.Zero;
        for (int y = 0; y < rows.Count; y++)
        {
            nint line = (nint)rows.Positions[y] * picture.Width;
            Vector128<float> lineSum = Vector128<float>.Zero;
            for (int x = 0; x < columns.Count; x++)
            {
                uint pixel = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref pixels, (line + columns.Positions[x]) * Channels));
                Vector128<int> channels = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte())).AsInt32();
                lineSum += Vector128.ConvertToSingle(channels) * columns.Weights[x];
            }

            sum += lineSum * rows.Weights[y];
        }

        Vector128<int> rounded = Vector128.ConvertToInt32((sum / (columns.Sum * rows.Sum)) + Vector128.Create(0.5f));
        rounded = Vector128.Min(Vector128.Max(rounded, Vector128<int>.Zero), Vector128.Create(255));
        Vector128<ushort> shorts = Vector128.Narrow(rounded.AsUInt32(), rounded.AsUInt32());
        return Vector128.Narrow(shorts, shorts).AsUInt32().ToScalar();
    }

    /// <summary>The pixels of one axis that count for one position, and how much.</summary>
    /// <param name="radius">Half the triangle's width in pixels.</param>
    /// <param name="length">The picture's pixels on this axis.</param>
    private sealed class Taps(double radius, int length)
    {
        private readonly float _slope = (float)(1 / radius);

        public int[] Positions { get; } = new int[(2 * (int)Math.Ceiling(radius)) + 1];

        public float[] Weights { get; } = new float[(2 * (int)Math.Ceiling(radius)) + 1];

        public int Count { get; private set; }

        public float Sum { get; private set; }

        public void Move(double centre)
        {
            double middle = centre - 0.5;
            int first = (int)Math.Ceiling(middle - radius);
            int count = Math.Min((int)Math.Floor(middle + radius) - first + 1, Positions.Length);
            float sum = 0;
            for (int i = 0; i < count; i++)
            {
                float weight = Math.Max(0, 1 - ((float)Math.Abs(first + i - middle) * _slope));
                Positions[i] = Reflection.Of(first + i, length);
                Weights[i] = weight;
                sum += weight;
            }

            Count = count;
            Sum = sum;
        }
    }
}
