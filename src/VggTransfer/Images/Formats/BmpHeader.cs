using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>The fields of a Windows bitmap's header (BITMAPCOREHEADER or BITMAPINFOHEADER and its successors).</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows, whichever way they are stored.</param>
/// <param name="BitsPerPixel">1, 4, 8, 16, 24 or 32.</param>
/// <param name="Compression">0 none, 1 and 2 run lengths, 3 bit fields.</param>
/// <param name="HeaderSize">Bytes of the header behind the 14 of the file header.</param>
/// <param name="PaletteEntries">Colours between the header and the pixels.</param>
internal readonly record struct BmpHeader(
    int Width, int Height, int BitsPerPixel, uint Compression, int HeaderSize, int PaletteEntries)
{
    /// <summary>Bytes of BITMAPFILEHEADER: "BM", file size, two reserved, offset of the pixels.</summary>
    public const int FileHeaderSize = 14;

    private const int CoreHeaderSize = 12;

    public bool IsRunLengthEncoded => Compression is 1 or 2;

    public int PaletteEntrySize => HeaderSize == CoreHeaderSize ? 3 : 4;

    /// <summary>Reads the header that begins at the start of <paramref name="dib"/>, behind the file header.</summary>
    /// <exception cref="ImageFault">The header is cut or has an impossible size.</exception>
    public static BmpHeader Read(ReadOnlySpan<byte> dib)
    {
        int size = dib.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(dib) : 0;
        if (dib.Length < 4 || size > dib.Length)
        {
            throw ImageFault.Truncated("the BMP ends within its header");
        }

        if (size == CoreHeaderSize)
        {
            int bits = BinaryPrimitives.ReadUInt16LittleEndian(dib[10..]);
            return new BmpHeader(
                BinaryPrimitives.ReadUInt16LittleEndian(dib[4..]), BinaryPrimitives.ReadUInt16LittleEndian(dib[6..]),
                bits, 0, size, bits <= 8 ? 1 << bits : 0);
        }

        if (size < 40)
        {
            throw ImageFault.Damaged($"the BMP's header claims to be {size} bytes long");
        }

        int width = BinaryPrimitives.ReadInt32LittleEndian(dib[4..]);
        int height = BinaryPrimitives.ReadInt32LittleEndian(dib[8..]);
        if (width < 0 || height == int.MinValue)
        {
            throw ImageFault.Damaged("the BMP's header claims an impossible size");
        }

        int bitsPerPixel = BinaryPrimitives.ReadUInt16LittleEndian(dib[14..]);
        uint used = BinaryPrimitives.ReadUInt32LittleEndian(dib[32..]);
        int palette = bitsPerPixel > 8 ? (int)Math.Min(used, 256) : used is 0 or > 256 ? 1 << bitsPerPixel : (int)used;
        return new BmpHeader(width, Math.Abs(height), bitsPerPixel, BinaryPrimitives.ReadUInt32LittleEndian(dib[16..]), size, palette);
    }
}
