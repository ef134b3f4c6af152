using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using SkiaSharp;
using VggTransfer.Images;

namespace VggTransfer.Features;

/// <summary>An image on its way into a network, wherever it comes from.</summary>
internal abstract class ImageInput(string name)
{
    /// <summary>What messages call it.</summary>
    public string Name { get; } = name;

    public static ImageInput FromFile(string path) => new FileInput(path);

    public static ImageInput FromEncoded(ReadOnlyMemory<byte> encoded, string name) => new EncodedInput(encoded, name);

    public static ImageInput FromPixels(RgbImage image, string name) => new PixelInput(image, name);

    /// <summary>Copies the pixels: ML.NET disposes an image when its cursor moves on.</summary>
    public static ImageInput FromMLImage(MLImage image, string name) => new BitmapInput(image, name);

    /// <summary>Decodes and resizes.</summary>
    /// <param name="options">Resize recipe and decoding limits.</param>
    /// <param name="size">Side of the square in pixels.</param>
    /// <param name="destination">size x size x 3 bytes, RGB.</param>
    /// <exception cref="InvalidImageException">The content is no usable image.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public abstract void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination);

    private sealed class FileInput(string path) : ImageInput(path)
    {
        public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination) =>
            ImagePreparation.Prepare(Name, options.Resize, size, destination, options.Decoding);
    }

    private sealed class EncodedInput(ReadOnlyMemory<byte> encoded, string name) : ImageInput(name)
    {
        public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination) =>
            ImagePreparation.Prepare(encoded, Name, options.Resize, size, destination, options.Decoding);
    }

    private sealed class BitmapInput(MLImage image, string name) : ImageInput(name)
    {
        private readonly byte[] _pixels = image.Pixels.ToArray();
        private readonly SKImageInfo _info = new(image.Width, image.Height, image.PixelFormat == MLPixelFormat.Bgra32 ? SKColorType.Bgra8888 : SKColorType.Rgba8888);

        public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination)
        {
            using var bitmap = new SKBitmap(_info);
            MemoryMarshal.Cast<byte, uint>(_pixels).CopyTo(SkiaPixels.Of(bitmap));
            MlNetCrop.Resize(bitmap, size, destination);
        }
    }

    private sealed class PixelInput(RgbImage image, string name) : ImageInput(name)
    {
        public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination) =>
            ImagePreparation.Prepare(image, options.Resize, size, destination);
    }
}
