using VggTransfer.Images;

namespace VggTransfer.Keras.Data;

/// <summary>Samples that are image files: read, decoded and resized when they are asked for, on all cores.</summary>
/// <param name="paths">The files.</param>
/// <param name="targets">One row for each file, or null.</param>
/// <param name="shape">Height, width and channels of the result.</param>
/// <param name="orientation">Whether EXIF data turn a picture.</param>
/// <param name="resize">From a picture to the values of one sample.</param>
internal sealed class ImageFiles(
    IReadOnlyList<string> paths, NDArray? targets, (int Height, int Width, int Channels) shape, ImageOrientation orientation, Func<RgbImage, float[]> resize) : SampleSource
{
    private readonly ImageDecodeOptions _decoding = new() { Orientation = orientation };

    public override int Count => paths.Count;

    /// <exception cref="InvalidImageException">A file is no usable image.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public override Batch Gather(ReadOnlyMemory<int> samples, CancellationToken cancellationToken)
    {
        int size = shape.Height * shape.Width * shape.Channels;
        float[] values = new float[checked(samples.Length * size)];
        ParallelWork.For(samples.Length, i => resize(ImageDecoder.Decode(paths[samples.Span[i]], _decoding)).CopyTo(values, i * size), cancellationToken);
        return new Batch(NDArray.From(values, samples.Length, shape.Height, shape.Width, shape.Channels), targets?.Rows(samples.Span));
    }
}
