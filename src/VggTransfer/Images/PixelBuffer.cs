using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Images;

/// <summary>
/// Pixels of four bytes each (red, green, blue, one unused) in pooled memory: the decoder's output and the resizer's input.
/// Four bytes, because one pixel then is one 32-bit load.
/// </summary>
/// <remarks>Whoever holds it disposes it, which gives the memory back.</remarks>
internal sealed class PixelBuffer : IDisposable
{
    private readonly PixelMemory _memory;

    public PixelBuffer(int width, int height)
    {
        Width = width;
        Height = height;
        _memory = new PixelMemory(checked(width * height * 4));
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Exactly <c>Width * Height * 4</c> bytes.</summary>
    public Span<byte> Bytes => _memory.Bytes;

    /// <summary>The same, one element a pixel.</summary>
    public Span<uint> Pixels => MemoryMarshal.Cast<byte, uint>(Bytes);

    /// <summary>Spreads an RGB image to four bytes a pixel.</summary>
    public static PixelBuffer From(RgbImage image)
    {
        PixelBuffer buffer = new(image.Width, image.Height);
        Spread(image.Pixels, buffer.Pixels);
        return buffer;
    }

    /// <summary>Writes RGB, three bytes a pixel, row by row.</summary>
    public void CopyRgbTo(Span<byte> rgb) => Compact(Bytes, rgb);

    public RgbImage ToImage()
    {
        byte[] rgb = GC.AllocateUninitializedArray<byte>(checked(Width * Height * 3));
        CopyRgbTo(rgb);
        return new RgbImage(Width, Height, rgb);
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Drops every fourth byte.</summary>
    public static void Compact(ReadOnlySpan<byte> rgbx, Span<byte> rgb)
    {
        int pixels = rgbx.Length / 4;
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<byte> order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80);
            ref byte source = ref MemoryMarshal.GetReference(rgbx);
            ref byte target = ref MemoryMarshal.GetReference(rgb);

            // Sixteen bytes are written, twelve of them meant: two pixels must remain to be overwritten.
            for (; i + 6 <= pixels; i += 4)
            {
                Vector128<byte> four = Vector128.LoadUnsafe(ref source, (nuint)i * 4);
                Vector128.Shuffle(four, order).StoreUnsafe(ref target, (nuint)i * 3);
            }
        }

        for (; i < pixels; i++)
        {
            rgb[i * 3] = rgbx[i * 4];
            rgb[(i * 3) + 1] = rgbx[(i * 4) + 1];
            rgb[(i * 3) + 2] = rgbx[(i * 4) + 2];
        }
    }

    private static void Spread(ReadOnlySpan<byte> rgb, Span<uint> rgbx)
    {
        ref byte source = ref MemoryMarshal.GetReference(rgb);
        int i = 0;
        for (; i < rgbx.Length - 1; i++)
        {
            rgbx[i] = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, i * 3));
        }

        Span<byte> last = MemoryMarshal.AsBytes(rgbx[i..]);
        rgb[(i * 3)..].CopyTo(last);
    }
}
