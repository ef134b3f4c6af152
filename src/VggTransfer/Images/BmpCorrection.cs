using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>Makes good where Skia's BMP decoder differs from Pillow's.</summary>
internal static class BmpCorrection
{
    /// <summary>Corrects decoded pixels in place.</summary>
    public static void Apply(ReadOnlySpan<byte> file, PixelBuffer pixels)
    {
        ReadOnlySpan<byte> dib = file[BmpHeader.FileHeaderSize..];
        BmpHeader header = BmpHeader.Read(dib);
        if (header.IsRunLengthEncoded)
        {
            FillSkipped(dib, header, pixels);
        }
        else if (header.BitsPerPixel == 16)
        {
            Rescale(dib, header, pixels);
        }
    }

    /// <summary>Pixels that the run lengths jump over have the palette's first colour; Skia leaves them transparent.</summary>
    private static void FillSkipped(ReadOnlySpan<byte> dib, BmpHeader header, PixelBuffer pixels)
    {
        if (dib.Length < header.HeaderSize + 4)
        {
            return;
        }

        ReadOnlySpan<byte> bgr = dib[header.HeaderSize..];
        uint colour = bgr[2] | ((uint)bgr[1] << 8) | ((uint)bgr[0] << 16) | 0xFF000000;
        foreach (ref uint pixel in pixels.Pixels)
        {
            if (pixel >> 24 == 0)
            {
                pixel = colour;
            }
        }
    }

    /// <summary>
    /// Five or six bits become eight as value * 255 / 31 or / 63: Pillow truncates, Skia rounds.
    /// </summary>
    private static void Rescale(ReadOnlySpan<byte> dib, BmpHeader header, PixelBuffer pixels)
    {
        Span<byte> five = stackalloc byte[256];
        Span<byte> six = stackalloc byte[256];
        for (int value = 0; value < 256; value++)
        {
            five[value] = (byte)(((value * 31) + 127) / 255 * 255 / 31);
            six[value] = (byte)(((value * 63) + 127) / 255 * 255 / 63);
        }

        bool sixGreenBits = header.Compression == 3 && dib.Length >= 48 && BinaryPrimitives.ReadUInt32LittleEndian(dib[44..]) == 0x07E0;
        ReadOnlySpan<byte> green = sixGreenBits ? six : five;
        Span<byte> bytes = pixels.Bytes;
        for (int i = 0; i + 3 < bytes.Length; i += 4)
        {
            bytes[i] = five[bytes[i]];
            bytes[i + 1] = green[bytes[i + 1]];
            bytes[i + 2] = five[bytes[i + 2]];
        }
    }
}
