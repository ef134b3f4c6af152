using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.DataQuality;

/// <summary>Reads every file once: hashes, size, thumbnail, what is odd about it.</summary>
internal sealed class ImageScan
{
    /// <summary>Below this standard deviation, in levels of 0 to 255, compression noise is all there is.</summary>
    public const float SmallestContrast = 2;

    private readonly ImageDecodeOptions _decoding;
    private readonly int _smallestSide;
    private readonly double _largestAspect;

    public ImageScan(ImageDecodeOptions decoding, int smallestSide, double largestAspect)
    {
        _decoding = decoding;
        _smallestSide = smallestSide;
        _largestAspect = largestAspect;
    }

    /// <summary>Reads a file; what is wrong with it is part of the result.</summary>
    public ScannedImage Read(LabeledImage image, bool isValidation)
    {
        FileContent file;
        try
        {
            file = FileContent.Read(image.Path, _decoding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ScannedImage(image, isValidation, Bytes: 0, ContentHash: "", Picture: null, e.Message);
        }

        using (file)
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(file.Memory.Span));
            try
            {
                return new ScannedImage(image, isValidation, file.Memory.Length, hash, Look(file.Memory, image.Path), Error: null);
            }
            catch (InvalidImageException e)
            {
                return new ScannedImage(image, isValidation, file.Memory.Length, hash, Picture: null, e.Message);
            }
        }
    }

    private ScannedPicture Look(ReadOnlyMemory<byte> encoded, string name)
    {
        ImageContainer container = ImageInspection.Inspect(encoded.Span, name, _decoding);
        using PixelBuffer pixels = PixelDecoder.Decode(encoded, name, _decoding);
        byte[] rgb = new byte[PerceptualHash.Side * PerceptualHash.Side * 3];
        PictureThumbnail.Squeeze(pixels, rgb);
        var thumbnail = PictureThumbnail.FromDoubleSize(rgb);
        return new ScannedPicture(pixels.Width, pixels.Height, HashPixels(pixels), PerceptualHash.Compute(Grey(rgb)), thumbnail, [.. Oddities(encoded.Span, container, pixels, thumbnail)]);
    }

    private List<ImageOddity> Oddities(ReadOnlySpan<byte> encoded, ImageContainer container, PixelBuffer pixels, PictureThumbnail thumbnail)
    {
        var oddities = new List<ImageOddity>();
        int shorter = Math.Min(pixels.Width, pixels.Height);
        int longer = Math.Max(pixels.Width, pixels.Height);
        Add(ImageOddity.Tiny, shorter < _smallestSide);
        Add(ImageOddity.ExtremeAspect, longer > _largestAspect * shorter);
        Add(ImageOddity.OneColour, thumbnail.Contrast < SmallestContrast);
        Add(ImageOddity.Cmyk, container.Format == ImageFormat.Jpeg && JpegSegments.ComponentCount(encoded) == 4);
        Add(ImageOddity.Transparent, container.Format is ImageFormat.Png or ImageFormat.WebP && HasTransparency(pixels.Pixels));
        return oddities;

        void Add(ImageOddity oddity, bool applies)
        {
            if (applies)
            {
                oddities.Add(oddity);
            }
        }
    }

    // The decoder leaves alpha in the byte that is otherwise unused.
    private static bool HasTransparency(ReadOnlySpan<uint> pixels)
    {
        foreach (uint pixel in pixels)
        {
            if (pixel >> 24 != 255)
            {
                return true;
            }
        }

        return false;
    }

    private static string HashPixels(PixelBuffer pixels)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(size, pixels.Width);
        BinaryPrimitives.WriteInt32LittleEndian(size[4..], pixels.Height);
        hash.AppendData(size);
        byte[] row = new byte[pixels.Width * 3];
        for (int y = 0; y < pixels.Height; y++)
        {
            PixelBuffer.Compact(pixels.Bytes.Slice(y * pixels.Width * 4, pixels.Width * 4), row);
            hash.AppendData(row);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static float[] Grey(ReadOnlySpan<byte> rgb)
    {
        float[] grey = new float[rgb.Length / 3];
        for (int i = 0; i < grey.Length; i++)
        {
            // ITU-R BT.601, as in JPEG.
            grey[i] = (0.299f * rgb[i * 3]) + (0.587f * rgb[(i * 3) + 1]) + (0.114f * rgb[(i * 3) + 2]);
        }

        // Signs of frequencies don't depend on the mean; sums are more exact without it.
        TensorPrimitives.Subtract(grey, TensorPrimitives.Sum<float>(grey) / grey.Length, grey);
        return grey;
    }
}
