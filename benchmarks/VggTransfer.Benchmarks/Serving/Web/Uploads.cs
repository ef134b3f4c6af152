using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Net.Http.Headers;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>What is sent.</summary>
/// <param name="Kind">In words.</param>
/// <param name="Content">Makes the body.</param>
/// <param name="Statuses">Answers that are right; a full service may always refuse.</param>
/// <param name="Picture">Which picture it is; -1 for bad ones.</param>
internal sealed record Upload(string Kind, Func<HttpContent> Content, int[] Statuses, int Picture = -1)
{
    /// <summary>Whether the service may close the connection while the client is still sending.</summary>
    public bool MayBeCut { get; init; }
}

/// <summary>Pictures as the body or in a form, and everything that is none.</summary>
internal sealed class Uploads(IReadOnlyList<byte[]> pictures)
{
    private const int Huge = 25_000_000;
    private readonly IReadOnlyList<Upload> _bad = Bad(pictures[0]);

    public int Pictures => pictures.Count;

    /// <summary>Every second one in a form, as a page sends it.</summary>
    public Upload Good(int number)
    {
        int picture = number % pictures.Count;
        byte[] content = pictures[picture];
        return new Upload("picture", number % 2 == 0 ? () => Body(content, "image/jpeg") : () => Form(content), [200], picture);
    }

    public Upload BadOne(int number) => _bad[number % _bad.Count];

    private static IReadOnlyList<Upload> Bad(byte[] picture)
    {
        byte[] half = picture[..(picture.Length / 2)];
        byte[] claim = Png(60_000, 60_000, [1, 2, 3]);
        byte[] bomb = Png(10_000, 10_000, Deflated(10_000L * 10_001));
        byte[] oneRow = Png(10_000, 10_000, Deflated(10_000));
        return
        [
            new("half a JPEG", () => Body(half, "image/jpeg"), [422]),
            new("no picture", () => Body("<html>"u8.ToArray(), "image/png"), [422]),
            new("a text", () => Body("text"u8.ToArray(), "text/plain"), [415]),
            new("nothing", () => Body([], "image/png"), [400]),
            new("a PNG that claims 3,600 million pixels", () => Body(claim, "image/png"), [422]),
            new("a PNG of 100 million pixels in 100 KB, the most that is allowed", () => Body(bomb, "image/png"), [200]),
            new("a PNG of 100 million pixels that has one row", () => Body(oneRow, "image/png"), [200, 422]),
            new("a form without its end", () => Unended(picture), [400]),
            new("a form of 30 pictures", () => Form([.. Enumerable.Repeat("x"u8.ToArray(), 30)]), [400]),
            new("25 MB, said so", () => Body(new byte[Huge], "image/jpeg"), [413]) { MayBeCut = true },
            new("25 MB, not said so", () => new StreamContent(new MemoryStream(new byte[Huge])) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg"), ContentLength = null } }, [413]) { MayBeCut = true },
        ];
    }

    private static ByteArrayContent Body(byte[] content, string type) => new(content) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private static MultipartFormDataContent Form(params byte[][] pictures)
    {
        var form = new MultipartFormDataContent();
        foreach (byte[] picture in pictures)
        {
            form.Add(Body(picture, "image/jpeg"), "images", "picture");
        }

        return form;
    }

    private static ByteArrayContent Unended(byte[] picture)
    {
        byte[] begin = [.. "--x\r\nContent-Disposition: form-data; name=images; filename=picture\r\n\r\n"u8, .. picture];
        return new ByteArrayContent(begin) { Headers = { ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x") } };
    }

    /// <summary>A grey PNG of a size, whatever its pixels are.</summary>
    private static byte[] Png(int width, int height, byte[] pixels)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, pixels), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
    {
        byte[] chunk = [0, 0, 0, 0, .. type, .. content, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, content.Length + 4)));
        return chunk;
    }

    private static byte[] Deflated(long zeros)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.SmallestSize))
        {
            byte[] block = new byte[1 << 16];
            for (; zeros > 0; zeros -= block.Length)
            {
                deflate.Write(block, 0, (int)Math.Min(zeros, block.Length));
            }
        }

        return compressed.ToArray();
    }
}
