using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>
/// The picture that represents a Windows icon: the largest, of equals the one of lowest colour depth, as
/// Pillow 13 chooses. It is a PNG, or a bitmap
/// without file header whose height counts the transparency mask too.
/// </summary>
/// <param name="Offset">Where the picture's bytes begin.</param>
/// <param name="Length">How many there are, at the most to the end of the file.</param>
/// <param name="IsPng">Whether it is a PNG.</param>
internal readonly record struct IcoPicture(int Offset, int Length, bool IsPng)
{
    private const int DirectoryHeader = 6;
    private const int EntrySize = 16;

    /// <exception cref="ImageFault">The directory is broken.</exception>
    public static IcoPicture Find(ReadOnlySpan<byte> data)
    {
        if (data.Length < DirectoryHeader)
        {
            throw ImageFault.Truncated("the ICO ends within its directory");
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(data[4..]);
        if (count == 0)
        {
            throw ImageFault.Damaged("the ICO holds no picture");
        }

        if (data.Length < DirectoryHeader + (count * EntrySize))
        {
            throw ImageFault.Truncated("the ICO ends within its directory");
        }

        (int Area, int Depth) best = (0, 0);
        ReadOnlySpan<byte> chosen = default;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = data.Slice(DirectoryHeader + (i * EntrySize), EntrySize);
            int area = Side(entry[0]) * Side(entry[1]);
            int depth = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
            if (depth == 0)
            {
                depth = entry[2] > 1 ? 32 - int.LeadingZeroCount(entry[2] - 1) : 256;
            }

            if (area > best.Area || (area == best.Area && depth < best.Depth))
            {
                best = (area, depth);
                chosen = entry;
            }
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(chosen[8..]);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(chosen[12..]);
        if (offset >= data.Length)
        {
            throw ImageFault.Truncated("the ICO's largest picture lies beyond the end of the file");
        }

        int available = (int)Math.Min(length, data.Length - offset);
        ReadOnlySpan<byte> picture = data.Slice((int)offset, available);
        return new IcoPicture((int)offset, available, picture.StartsWith(PngChunks.Signature));
    }

    /// <summary>The picture's size, as its own header says; the directory's bytes are only hints.</summary>
    /// <exception cref="ImageFault">The picture's header is broken.</exception>
    public ImageContainer ReadSize(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> picture = data.Slice(Offset, Length);
        if (IsPng)
        {
            return PngChunks.ReadSize(picture) with { Format = ImageFormat.Ico };
        }

        BmpHeader header = BmpHeader.Read(picture);
        return new ImageContainer(ImageFormat.Ico, header.Width, header.Height / 2);
    }

    /// <summary>The picture as a file of its own, a PNG or a BMP, so that its colours are those below the mask, too.</summary>
    /// <exception cref="ImageFault">The picture's header is broken.</exception>
    public byte[] ToFile(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> picture = data.Slice(Offset, Length);
        if (IsPng)
        {
            return picture.ToArray();
        }

        BmpHeader header = BmpHeader.Read(picture);
        long masks = header.Compression == 3 && header.HeaderSize == 40 ? 12 : 0;
        long pixels = BmpHeader.FileHeaderSize + header.HeaderSize + masks + ((long)header.PaletteEntries * header.PaletteEntrySize);
        byte[] file = new byte[BmpHeader.FileHeaderSize + picture.Length];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), (int)pixels);
        Span<byte> dib = file.AsSpan(BmpHeader.FileHeaderSize);
        picture.CopyTo(dib);
        if (header.HeaderSize == 12)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(dib[6..], (ushort)(header.Height / 2));
        }
        else
        {
            int height = BinaryPrimitives.ReadInt32LittleEndian(dib[8..]);
            BinaryPrimitives.WriteInt32LittleEndian(dib[8..], height / 2);
        }

        return file;
    }

    // The directory has a byte for a side, and 0 stands for 256.
    private static int Side(byte value) => value == 0 ? 256 : value;
}
