namespace VggTransfer.Images;

/// <summary>Reads encoded images from streams of unknown length, and no further than the limit.</summary>
internal static class EncodedStream
{
    private const int BufferLength = 81_920;

    /// <summary>Reads to the end.</summary>
    /// <param name="stream">Read from its position on; not disposed.</param>
    /// <param name="name">What messages call the image.</param>
    /// <param name="largest">Bytes that it may have.</param>
    /// <exception cref="InvalidImageException">It has more.</exception>
    public static ReadOnlyMemory<byte> Read(Stream stream, string name, long largest)
    {
        var content = new MemoryStream();
        byte[] buffer = new byte[BufferLength];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            Append(content, buffer.AsSpan(0, read), name, largest);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <inheritdoc cref="Read"/>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, string name, long largest, CancellationToken cancellationToken)
    {
        var content = new MemoryStream();
        byte[] buffer = new byte[BufferLength];
        for (int read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false); read > 0; read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false))
        {
            Append(content, buffer.AsSpan(0, read), name, largest);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private static void Append(MemoryStream content, ReadOnlySpan<byte> piece, string name, long largest)
    {
        if (content.Length + piece.Length > largest)
        {
            throw new InvalidImageException(name, $"has more than {largest:N0} bytes", "Give a smaller image.");
        }

        content.Write(piece);
    }
}
