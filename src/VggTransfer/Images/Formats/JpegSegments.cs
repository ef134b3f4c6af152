using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>Walks a JPEG's marker segments (ITU T.81, annex B) for the frame's size and the orientation.</summary>
internal static class JpegSegments
{
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;
    private const byte App1 = 0xE1;

    private static ReadOnlySpan<byte> XmpPrefix => "http://ns.adobe.com/xap/1.0/\0"u8;

    /// <summary>Reads the header up to the first scan.</summary>
    /// <exception cref="ImageFault">The header is broken or ends early.</exception>
    public static ImageContainer Read(ReadOnlySpan<byte> data)
    {
        int width = 0, height = 0;
        bool hasFrame = false;
        int? exif = null, xmp = null;
        int position = 2;
        while (true)
        {
            byte marker = NextMarker(data, ref position);
            if (marker == EndOfImage)
            {
                throw ImageFault.Damaged("the JPEG ends before any picture begins");
            }

            ReadOnlySpan<byte> segment = Segment(data, ref position, marker);
            if (marker == StartOfScan)
            {
                break;
            }

            if (IsFrame(marker))
            {
                if (segment.Length < 6)
                {
                    throw ImageFault.Damaged("the JPEG's frame header is too short");
                }

                height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
                width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
                hasFrame = true;
            }
            else if (marker == App1)
            {
                if (segment.StartsWith(ExifOrientation.Prefix))
                {
                    exif ??= ExifOrientation.FromExif(segment);
                }
                else if (segment.StartsWith(XmpPrefix))
                {
                    xmp ??= ExifOrientation.FromXmp(segment[XmpPrefix.Length..]);
                }
            }
        }

        return hasFrame
            ? new ImageContainer(ImageFormat.Jpeg, width, height, exif ?? xmp ?? 1)
            : throw ImageFault.Damaged("the JPEG has no frame header, so its size is not known");
    }

    /// <summary>
    /// Walks the scans to the end-of-image marker. A decoder fills what is missing of a progressive JPEG with what it has, so
    /// the decoder's word is not enough.
    /// </summary>
    /// <exception cref="ImageFault">The data end before the marker.</exception>
    public static void RequireEnd(ReadOnlySpan<byte> data)
    {
        int position = 2;
        byte marker;
        while ((marker = NextMarker(data, ref position)) != EndOfImage)
        {
            _ = Segment(data, ref position, marker);
        }
    }

    /// <summary>How many colour components the frame header names: 1 for grey, 3 for colour, 4 for printing inks.</summary>
    /// <param name="data">A file whose header <see cref="Read"/> accepted.</param>
    public static int ComponentCount(ReadOnlySpan<byte> data)
    {
        int position = 2;
        while (true)
        {
            byte marker = NextMarker(data, ref position);
            ReadOnlySpan<byte> segment = Segment(data, ref position, marker);
            if (IsFrame(marker))
            {
                return segment[5];
            }
        }
    }

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <summary>The next marker that is no fill byte, stuffed zero, restart or TEM; entropy-coded data are passed over.</summary>
    private static byte NextMarker(ReadOnlySpan<byte> data, ref int position)
    {
        while (position < data.Length)
        {
            int offset = data[position..].IndexOf((byte)0xFF);
            if (offset < 0)
            {
                break;
            }

            position += offset + 1;
            if (position < data.Length && data[position] is not (0xFF or 0x00 or 0x01 or (>= 0xD0 and <= 0xD8)))
            {
                return data[position++];
            }
        }

        throw ImageFault.Truncated("the JPEG's end marker is missing");
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> data, ref int position, byte marker)
    {
        if (data.Length - position < 2)
        {
            throw ImageFault.Truncated($"the JPEG ends within segment 0x{marker:X2}");
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(data[position..]);
        if (length < 2)
        {
            throw ImageFault.Damaged($"the JPEG's segment 0x{marker:X2} at byte {position - 2} has length {length}");
        }

        if (length > data.Length - position)
        {
            throw ImageFault.Truncated($"the JPEG's segment 0x{marker:X2} at byte {position - 2} reaches beyond the end of the file");
        }

        ReadOnlySpan<byte> segment = data.Slice(position + 2, length - 2);
        position += length;
        return segment;
    }
}
