using System.Text;

namespace VggTransfer.Images;

/// <summary>Recognises a format from a file's first bytes.</summary>
internal static class FormatSignature
{
    private const string WhatIsRead = "VggTransfer reads JPEG, PNG, WebP, GIF, BMP and ICO";
    private const string Convert = "Convert it to one of these, or remove it.";

    /// <exception cref="ImageFault">The bytes are not of a format that is read.</exception>
    public static ImageFormat Recognise(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            throw new ImageFault("is an empty file (0 bytes)", "Replace it with an image, or remove it.");
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return ImageFormat.Jpeg;
        }

        if (data.StartsWith(PngChunks.Signature))
        {
            return ImageFormat.Png;
        }

        if (IsRiff(data, "WEBP"u8))
        {
            return ImageFormat.WebP;
        }

        if (data.StartsWith("GIF87a"u8) || data.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        if (data.StartsWith("BM"u8))
        {
            return ImageFormat.Bmp;
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0]))
        {
            return ImageFormat.Ico;
        }

        string? other = NameOfUnreadFormat(data);
        throw other is null
            ? new ImageFault($"is not an image in a format that is known; {WhatIsRead}", Convert)
            : new ImageFault($"is {other}; {WhatIsRead}", Convert);
    }

    private static string? NameOfUnreadFormat(ReadOnlySpan<byte> data)
    {
        if (data.Length >= 12 && data[4..8].SequenceEqual("ftyp"u8))
        {
            ReadOnlySpan<byte> brand = data[8..12];
            return brand.StartsWith("avi"u8) ? "an AVIF image"
                : brand.StartsWith("he"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8) ? "a HEIF image"
                : "a video (ISO media file)";
        }

        return data switch
        {
            [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => "a TIFF image",
            [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] => "a JPEG 2000 image",
            [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] => "a JPEG XL image",
            [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a Photoshop document",
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF document",
            [(byte)'P', (byte)'K', 3, 4, ..] => "a ZIP archive",
            [0, 0, 2, 0, ..] => "a Windows cursor",
            [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)'\n' or (byte)' ' or (byte)'\r', ..] => "a Netpbm image",
            [(byte)'q', (byte)'o', (byte)'i', (byte)'f', ..] => "a QOI image",
            [0xFF, 0xD8, ..] => "a JPEG image without any content",
            _ => NameOfText(data),
        };
    }

    private static string? NameOfText(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> head = data[..Math.Min(data.Length, 1024)];
        if (head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            head = head[3..];
        }

        if (head.ContainsAnyInRange((byte)0, (byte)8))
        {
            return null;
        }

        string text = Encoding.Latin1.GetString(head);
        return text.Contains("<svg", StringComparison.OrdinalIgnoreCase) ? "an SVG drawing, not a raster image"
            : text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase)
                ? "an HTML page, not an image"
            : text.All(c => c is >= ' ' or '\t' or '\n' or '\r' or '\f') ? "text, not an image"
            : null;
    }

    private static bool IsRiff(ReadOnlySpan<byte> data, ReadOnlySpan<byte> form) =>
        data.Length >= 12 && data.StartsWith("RIFF"u8) && data[8..12].SequenceEqual(form);
}
