using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>Walks a WebP's RIFF chunks for the canvas size and the orientation.</summary>
internal static class WebpChunks
{
    /// <summary>Reads the size from VP8X, VP8 or VP8L, and the orientation from EXIF or XMP.</summary>
    /// <exception cref="ImageFault">The first chunk is broken or unknown.</exception>
    public static ImageContainer Read(ReadOnlySpan<byte> data)
    {
        int position = 12;
        (int Width, int Height)? size = null;
        int? exif = null, xmp = null;
        while (data.Length - position >= 8)
        {
            ReadOnlySpan<byte> type = data.Slice(position, 4);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(data[(position + 4)..]);
            ReadOnlySpan<byte> body = data.Slice(position + 8, (int)Math.Min(length, (uint)(data.Length - position - 8)));
            size ??= Size(type, body);
            if (body.Length < length)
            {
                break;
            }

            if (type.SequenceEqual("EXIF"u8))
            {
                exif ??= ExifOrientation.FromExif(body);
            }
            else if (type.SequenceEqual("XMP "u8))
            {
                xmp ??= ExifOrientation.FromXmp(body);
            }

            // Chunks are padded to an even length.
            long next = position + 8L + length + (length & 1);
            if (next > data.Length)
            {
                break;
            }

            position = (int)next;
        }

        return size is { } found
            ? new ImageContainer(ImageFormat.WebP, found.Width, found.Height, exif ?? xmp ?? 1)
            : throw ImageFault.Truncated("the WebP ends within its header");
    }

    private static (int Width, int Height) Size(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        if (type.SequenceEqual("VP8X"u8) && body.Length >= 10)
        {
            return (1 + UInt24(body[4..]), 1 + UInt24(body[7..]));
        }

        if (type.SequenceEqual("VP8L"u8) && body.Length >= 5 && body[0] == 0x2F)
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(body[1..]);
            return (1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
        }

        // A key frame: three bytes of frame tag, the start code 9D 01 2A, then 14 bits of width and of height.
        if (type.SequenceEqual("VP8 "u8) && body is [_, _, _, 0x9D, 0x01, 0x2A, _, _, _, _, ..])
        {
            return (BinaryPrimitives.ReadUInt16LittleEndian(body[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(body[8..]) & 0x3FFF);
        }

        throw ImageFault.Damaged("the WebP does not begin with a VP8X, VP8 or VP8L chunk");
    }

    private static int UInt24(ReadOnlySpan<byte> data) => data[0] | (data[1] << 8) | (data[2] << 16);
}
