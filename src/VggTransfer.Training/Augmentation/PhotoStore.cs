using System.Collections.Concurrent;
using VggTransfer.Images;

namespace VggTransfer.Augmentation;

/// <summary>
/// Photos in memory, as far as a bound allows: pictures for augmentation, and the squares that prediction sees. What isn't kept is decoded
/// again whenever it is asked for. From any thread.
/// </summary>
/// <param name="paths">The files.</param>
/// <param name="largestSize">Side of the largest square that will be asked for, in pixels.</param>
/// <param name="decoding">Orientation and limits.</param>
/// <param name="memory">Bytes that may be kept.</param>
internal sealed class PhotoStore(IReadOnlyList<string> paths, int largestSize, ImageDecodeOptions decoding, long memory)
{
    private const int Channels = 3;

    // A crop of less than half of the area still has as many pixels as the square.
    private readonly int _shorterSide = (int)Math.Ceiling(1.5 * largestSize);
    private readonly PhotoPicture?[] _pictures = new PhotoPicture?[paths.Count];
    private readonly ConcurrentDictionary<int, byte[]?[]> _squares = new();
    private long _memory = memory;

    /// <summary>Decodes a photo, so that a bad one is known, and keeps of it what there is room for.</summary>
    /// <exception cref="InvalidImageException">It is no usable image.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public void Load(int photo)
    {
        using var decoded = DecodedPhoto.Open(paths[photo], decoding);
        byte[] square = new byte[largestSize * largestSize * Channels];
        decoded.CopySquare(largestSize, square);
        Keep(Squares(largestSize), photo, square, square.Length);
        (int width, int height) = PhotoPicture.Fit(decoded.Width, decoded.Height, _shorterSide);
        if (Volatile.Read(ref _memory) >= PhotoPicture.LengthOf(width, height))
        {
            PhotoPicture picture = PhotoPicture.Of(decoded, _shorterSide);
            Keep(_pictures, photo, picture, picture.Padded.Length);
        }
    }

    /// <summary>The photo, its shorter side limited.</summary>
    /// <exception cref="InvalidImageException">The file is no usable image any more.</exception>
    /// <exception cref="IOException">The file can't be read any more.</exception>
    public PhotoPicture Picture(int photo)
    {
        if (Volatile.Read(ref _pictures[photo]) is { } kept)
        {
            return kept;
        }

        using var decoded = DecodedPhoto.Open(paths[photo], decoding);
        PhotoPicture picture = PhotoPicture.Of(decoded, _shorterSide);
        Keep(_pictures, photo, picture, picture.Padded.Length);
        return picture;
    }

    /// <summary>Writes what prediction sees.</summary>
    /// <exception cref="InvalidImageException">The file is no usable image any more.</exception>
    /// <exception cref="IOException">The file can't be read any more.</exception>
    public void CopySquare(int photo, int size, Span<byte> rgb)
    {
        byte[]?[] squares = Squares(size);
        if (Volatile.Read(ref squares[photo]) is { } kept)
        {
            kept.CopyTo(rgb);
            return;
        }

        ImagePreparation.Prepare(paths[photo], ResizeRecipe.MlNetCrop, size, rgb, decoding);
        if (Volatile.Read(ref _memory) >= rgb.Length)
        {
            Keep(squares, photo, rgb.ToArray(), rgb.Length);
        }
    }

    private byte[]?[] Squares(int size) => _squares.GetOrAdd(size, _ => new byte[]?[paths.Count]);

    /// <summary>Keeps a value where there is room for it and none is kept yet.</summary>
    private void Keep<T>(T?[] places, int photo, T value, long length)
        where T : class
    {
        if (Interlocked.Add(ref _memory, -length) < 0 || Interlocked.CompareExchange(ref places[photo], value, null) is not null)
        {
            Interlocked.Add(ref _memory, length);
        }
    }
}
