using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.FeatureCaching;

/// <summary>An image file of which the very bytes that are decoded are hashed, so that a file that changes meanwhile can't lend its features to another.</summary>
internal sealed class HashedImageFile(string path) : ImageInput(path)
{
    /// <summary>The hash of what was decoded; set once it was.</summary>
    public ImageHash Hash { get; private set; }

    /// <summary>The hash of a file that may be in the cache; null if it can't be read, which decoding will explain.</summary>
    public static ImageHash? TryHash(string path, ImageDecodeOptions options)
    {
        try
        {
            using FileContent file = FileContent.Read(path, options);
            return ImageHash.Of(file.Memory.Span);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination)
    {
        using FileContent file = FileContent.Read(Name, options.Decoding);
        Hash = ImageHash.Of(file.Memory.Span);
        ImagePreparation.Prepare(file.Memory, Name, options.Resize, size, destination, options.Decoding);
    }
}
