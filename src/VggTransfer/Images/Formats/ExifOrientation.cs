using System.Buffers.Binary;

namespace VggTransfer.Images;

/// <summary>
/// Finds the orientation in an EXIF block (a TIFF header and its first directory) or in an XMP packet, reading nothing else
/// of them. Whatever is broken counts as "not said": the pixels may still be fine.
/// </summary>
internal static class ExifOrientation
{
    /// <summary>TIFF tag 274, "Orientation".</summary>
    private const ushort OrientationTag = 0x0112;

    /// <summary>The prefix of an EXIF block in JPEG's APP1; some writers put it into WebP and PNG too.</summary>
    public static ReadOnlySpan<byte> Prefix => "Exif\0\0"u8;

    /// <summary>The orientation 1 to 8 in an EXIF block, with or without its prefix; null where there is none.</summary>
    public static int? FromExif(ReadOnlySpan<byte> exif)
    {
        while (exif.StartsWith(Prefix))
        {
            exif = exif[Prefix.Length..];
        }

        if (exif.Length < 8)
        {
            return null;
        }

        bool little = exif.StartsWith("II*\0"u8);
        if (!little && !exif.StartsWith("MM\0*"u8))
        {
            return null;
        }

        uint directory = UInt32(exif[4..], little);
        if (directory > exif.Length - 2)
        {
            return null;
        }

        ReadOnlySpan<byte> entries = exif[((int)directory + 2)..];
        int count = Math.Min(UInt16(exif[(int)directory..], little), entries.Length / 12);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = entries.Slice(i * 12, 12);
            if (UInt16(entry, little) == OrientationTag && UInt32(entry[4..], little) == 1)
            {
                return Valid(UInt16(entry[2..], little) switch
                {
                    1 => entry[8],
                    3 => UInt16(entry[8..], little),
                    4 => UInt32(entry[8..], little),
                    _ => 0,
                });
            }
        }

        return null;
    }

    /// <summary>The orientation in an XMP packet, <c>tiff:Orientation="6"</c> or as an element; null where there is none.</summary>
    public static int? FromXmp(ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> name = "tiff:Orientation"u8;
        for (int at = packet.IndexOf(name); at >= 0;)
        {
            packet = packet[(at + name.Length)..];
            if (packet is [(byte)'=', (byte)'"' or (byte)'\'', >= (byte)'0' and <= (byte)'9', ..])
            {
                return Valid((uint)(packet[2] - '0'));
            }

            if (packet is [(byte)'>', >= (byte)'0' and <= (byte)'9', ..])
            {
                return Valid((uint)(packet[1] - '0'));
            }

            at = packet.IndexOf(name);
        }

        return null;
    }

    private static int? Valid(uint value) => value is >= 1 and <= 8 ? (int)value : null;

    private static ushort UInt16(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint UInt32(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
