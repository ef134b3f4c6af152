using System.Buffers.Binary;
using System.IO.Hashing;
using SkiaSharp;

namespace VggTransfer.Tests.Images;

/// <summary>Small encoded files in every format, made on the spot.</summary>
internal static class SampleImages
{
    /// <summary>A picture of smooth colour with noise on it, so that every filter and codec has something to do.</summary>
    public static SKBitmap Draw(int width, int height, bool alpha = false, int seed = 1)
    {
        SKBitmap bitmap = new(width, height, SKColorType.Bgra8888, alpha ? SKAlphaType.Unpremul : SKAlphaType.Opaque);
        Random random = new(seed);
        SKColor[] pixels = new SKColor[width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % width, y = i / width;
            pixels[i] = new SKColor(
                (byte)((x * 255 / width) ^ random.Next(32)), (byte)((y * 255 / height) ^ random.Next(32)), (byte)random.Next(256),
                alpha ? (byte)random.Next(256) : (byte)255);
        }

        bitmap.Pixels = pixels;
        return bitmap;
    }

    public static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format, int quality = 90)
    {
        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    public static byte[] Png(int width, int height, bool alpha = false)
    {
        using SKBitmap bitmap = Draw(width, height, alpha);
        return Encode(bitmap, SKEncodedImageFormat.Png);
    }

    public static byte[] Jpeg(int width, int height)
    {
        using SKBitmap bitmap = Draw(width, height);
        return Encode(bitmap, SKEncodedImageFormat.Jpeg);
    }

    public static byte[] WebP(int width, int height)
    {
        using SKBitmap bitmap = Draw(width, height, alpha: true);
        return Encode(bitmap, SKEncodedImageFormat.Webp);
    }

    /// <summary>A GIF of a canvas of 4 x 3 whose frame of 2 x 2 lies at (1, 1) and holds the indices 0 1 / 2 3.</summary>
    public static byte[] Gif(int? transparentIndex)
    {
        List<byte> gif = [.. "GIF89a"u8, 4, 0, 3, 0, 0x81, 0, 0];
        gif.AddRange([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
        if (transparentIndex is { } index)
        {
            gif.AddRange([0x21, 0xF9, 4, 1, 0, 0, (byte)index, 0]);
        }

        gif.AddRange([0x2C, 1, 0, 1, 0, 2, 0, 2, 0, 0]);
        gif.AddRange([2, .. Lzw([4, 0, 1, 4, 2, 3, 5]), 0, 0x3B]);
        return [.. gif];
    }

    /// <summary>A bitmap of 8-bit palette indices, stored from the bottom up.</summary>
    public static byte[] PaletteBmp(int width, int height)
    {
        int stride = (width + 3) / 4 * 4, offset = 54 + 1024;
        byte[] file = new byte[offset + (stride * height)];
        new Random(2).NextBytes(file.AsSpan(54));
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), offset);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        file[26] = 1;
        file[28] = 8;
        file.AsSpan(30, 24).Clear();
        return file;
    }

    /// <summary>An icon that holds one picture.</summary>
    public static byte[] Ico(byte[] picture, byte width, byte height)
    {
        byte[] file = new byte[22 + picture.Length];
        file[2] = 1;
        file[4] = 1;
        (file[6], file[7], file[10], file[12]) = (width, height, 1, 32);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), picture.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), 22);
        picture.CopyTo(file, 22);
        return file;
    }

    /// <summary>An EXIF block that holds nothing but an orientation.</summary>
    public static byte[] Exif(int orientation, bool bigEndian)
    {
        byte[] exif = bigEndian
            ? [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0]
            : [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];
        return exif;
    }

    /// <summary>A JPEG with an APP1 segment behind its first marker.</summary>
    public static byte[] WithApp1(byte[] jpeg, byte[] content)
    {
        int length = content.Length + 2;
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. content, .. jpeg[2..]];
    }

    /// <summary>A PNG with another chunk before its last one.</summary>
    public static byte[] WithChunk(byte[] png, ReadOnlySpan<byte> type, byte[] body)
    {
        byte[] chunk = [0, 0, 0, 0, .. type, .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + body.Length)));
        return [.. png[..^12], .. chunk, .. png[^12..]];
    }

    /// <summary>A WebP with VP8X and EXIF chunks around its pixels.</summary>
    public static byte[] WebPWithExif(byte[] webp, int width, int height, byte[] exif)
    {
        // Flag 8: there is an EXIF chunk; 16: alpha.
        byte[] extended =
        [
            .. "VP8X"u8, 10, 0, 0, 0, 24, 0, 0, 0, (byte)(width - 1), 0, 0, (byte)(height - 1), 0, 0,
        ];
        int first = webp.AsSpan(12, 4).SequenceEqual("VP8X"u8) ? 30 : 12;
        byte[] body = [.. extended, .. webp[first..], .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
        byte[] file = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. body];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        return file;
    }

    /// <summary>Packs codes of 3 bits into one sub-block; the clear code (4) keeps them at 3 bits.</summary>
    private static byte[] Lzw(int[] codes)
    {
        byte[] bytes = new byte[((codes.Length * 3) + 7) / 8];
        for (int i = 0; i < codes.Length * 3; i++)
        {
            bytes[i / 8] |= (byte)(((codes[i / 3] >> (i % 3)) & 1) << (i % 8));
        }

        return [(byte)bytes.Length, .. bytes];
    }
}
