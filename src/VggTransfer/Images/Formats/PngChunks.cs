using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace VggTransfer.Images;

/// <summary>Walks a PNG's chunks: the size, the checksums, the orientation.</summary>
internal static class PngChunks
{
    /// <summary>The largest side that the PNG specification allows.</summary>
    private const uint MaxSide = int.MaxValue;

    private static ReadOnlySpan<byte> XmpKeyword => "XML:com.adobe.xmp\0"u8;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>
    /// Reads the header and walks all chunks. Every checksum up to the last of the pixel data must be right; what is broken
    /// behind the pixels is passed over.
    /// </summary>
    /// <exception cref="ImageFault">A chunk is broken, or the file ends early.</exception>
    public static ImageContainer Read(ReadOnlySpan<byte> data)
    {
        int position = Signature.Length;
        uint width = 0, height = 0;
        bool hasPixels = false;
        int? exif = null, xmp = null;
        for (int index = 0; ; index++)
        {
            if (!TryReadChunk(data, position, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> body, out string? fault, out bool cut))
            {
                if (hasPixels && !type.SequenceEqual("IDAT"u8))
                {
                    break;
                }

                throw cut ? ImageFault.Truncated(fault!) : ImageFault.Damaged(fault!);
            }

            position += 12 + body.Length;
            if (index == 0)
            {
                if (!type.SequenceEqual("IHDR"u8) || body.Length != 13)
                {
                    throw ImageFault.Damaged("the PNG does not begin with its header chunk");
                }

                width = BinaryPrimitives.ReadUInt32BigEndian(body);
                height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
                if (width > MaxSide || height > MaxSide)
                {
                    throw ImageFault.Damaged("the PNG's header claims a side above 2,147,483,647");
                }
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                hasPixels = true;
            }
            else if (type.SequenceEqual("eXIf"u8))
            {
                exif ??= ExifOrientation.FromExif(body);
            }
            else if (type.SequenceEqual("iTXt"u8) && body.StartsWith(XmpKeyword))
            {
                xmp ??= ExifOrientation.FromXmp(body);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
        }

        return hasPixels
            ? new ImageContainer(ImageFormat.Png, (int)width, (int)height, exif ?? xmp ?? 1)
            : throw ImageFault.Damaged("the PNG has no pixel data (IDAT)");
    }

    /// <summary>The size that the header chunk claims; the rest of the file is not looked at.</summary>
    /// <exception cref="ImageFault">The header chunk is broken.</exception>
    public static ImageContainer ReadSize(ReadOnlySpan<byte> data)
    {
        if (!TryReadChunk(data, Signature.Length, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> body, out string? fault, out bool cut))
        {
            throw cut ? ImageFault.Truncated(fault!) : ImageFault.Damaged(fault!);
        }

        if (!type.SequenceEqual("IHDR"u8) || body.Length != 13)
        {
            throw ImageFault.Damaged("the PNG does not begin with its header chunk");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(body);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        return width <= MaxSide && height <= MaxSide
            ? new ImageContainer(ImageFormat.Png, (int)width, (int)height)
            : throw ImageFault.Damaged("the PNG's header claims a side above 2,147,483,647");
    }

    private static bool TryReadChunk(
        ReadOnlySpan<byte> data, int position, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> body, out string? fault, out bool cut)
    {
        body = default;
        fault = null;
        cut = data.Length - position < 12;
        type = data.Length - position >= 8 ? data.Slice(position + 4, 4) : default;
        if (cut)
        {
            fault = "the PNG ends between its chunks";
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(data[position..]);
        string name = type.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexString(type) : Encoding.ASCII.GetString(type);
        if (length > data.Length - position - 12)
        {
            cut = true;
            fault = $"the PNG's chunk {name} at byte {position} reaches beyond the end of the file";
            return false;
        }

        body = data.Slice(position + 8, (int)length);
        uint stored = BinaryPrimitives.ReadUInt32BigEndian(data[(position + 8 + (int)length)..]);
        uint actual = Crc32.HashToUInt32(data.Slice(position + 4, 4 + (int)length));
        if (stored != actual)
        {
            fault = $"the checksum of the PNG's chunk {name} at byte {position} is wrong (CRC {actual:x8}, stored {stored:x8})";
            return false;
        }

        return true;
    }
}
