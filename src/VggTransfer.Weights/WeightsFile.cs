using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats;

namespace VggTransfer.Weights;

/// <summary>
/// Weights from any file that a VGG was published or saved in, and to the formats that are written. When reading, the format
/// is found by content, not by name; when writing, by the name's extension.
/// </summary>
public static class WeightsFile
{
    /// <summary>What messages call a file whose format couldn't be found.</summary>
    private const string AnyFormat = "weights";

    /// <summary>The extensions of the formats that are written: safetensors, ONNX, Keras's weights-only HDF5, PyTorch's state dict.</summary>
    public static IReadOnlyList<string> WrittenExtensions { get; } = ExtensionsOf(WeightsFormats.All);

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file; for TensorFlow also a checkpoint's prefix or a SavedModel's folder.</param>
    /// <param name="options">What the file may not say itself.</param>
    /// <returns>The network and what else was found; dispose it when it is no longer needed.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">
    /// The file is damaged, of no format that is read, or holds no VGG; or it states another preprocessing family than the options.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static WeightsContent Read(string path, WeightsReadOptions? options = null) => ReadWith(WeightsFormats.All, path, options);

    /// <summary>
    /// Writes or replaces a file in the format of its extension (<see cref="WrittenExtensions"/>): whole, or not at all. All
    /// that travels with the model is written too, so that reading it back gives the same model.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="options">How to write it; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the writing; an existing file stays as it was.</param>
    /// <exception cref="NotSupportedException">The extension is of no format that is written, or the network is too large for ONNX.</exception>
    /// <exception cref="ArgumentException">The format can't hold what the options ask for.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public static void Write(VggModel model, string path, WeightsWriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteWith(WeightsFormats.All, model, path, options, cancellationToken);

    /// <summary>Finds a file's format by its content.</summary>
    /// <inheritdoc cref="Read(string, WeightsReadOptions?)" path="/param[@name='path']"/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">The file is of no format that is read; the message says what it seems to be.</exception>
    public static WeightsFormat Detect(string path) => Find(WeightsFormats.All, path).Id;

    /// <summary>Reads a network that is in one of some formats.</summary>
    internal static WeightsContent ReadWith(IReadOnlyList<IWeightsFormat> formats, string path, WeightsReadOptions? options = null)
    {
        options ??= new WeightsReadOptions();
        WeightsContent content = Find(formats, path).Read(path, options);
        if (options.Preprocessing is not PreprocessingFamily family || content.Model.Preprocessing == family)
        {
            return content;
        }

        if (content.Model.Preprocessing is { } stated)
        {
            content.Dispose();
            throw new InvalidModelFileException(path, content.Format.ToString(), $"it states that its weights want the preprocessing {stated}, and {family} was asked for; leave the family out");
        }

        return content with { Model = content.Model.WithPreprocessing(family) };
    }

    /// <summary>Writes a network in one of some formats.</summary>
    internal static void WriteWith(IReadOnlyList<IWeightsFormat> formats, VggModel model, string path, WeightsWriteOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        IWeightsFormat format = formats.FirstOrDefault(format => format.WrittenExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            ?? throw new NotSupportedException($"'{path}' can't be written: the name of the file says its format, and must end in {string.Join(", ", ExtensionsOf(formats))}.");
        format.Write(model, path, options ?? new WeightsWriteOptions(), cancellationToken);
    }

    private static IWeightsFormat Find(IReadOnlyList<IWeightsFormat> formats, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (formats.FirstOrDefault(format => format.IsAt(path)) is { } elsewhere)
        {
            return elsewhere;
        }

        using MappedFile file = MappedFile.Open(path, AnyFormat);
        ReadOnlySpan<byte> head = file.Slice(0, (int)Math.Min(ForeignContent.HeadLength, file.Length)).Span;
        foreach (IWeightsFormat format in formats)
        {
            if (format.LooksLike(head, path))
            {
                return format;
            }
        }

        // A damaged beginning says nothing; the reader of the format that the name promises says best what is wrong.
        return formats.FirstOrDefault(format => format.Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            ?? throw new InvalidModelFileException(path, AnyFormat, $"{ForeignContent.Describe(head)}; weights are read from {string.Join(", ", formats.Select(format => format.Name))}");
    }

    private static string[] ExtensionsOf(IReadOnlyList<IWeightsFormat> formats) => [.. formats.SelectMany(format => format.WrittenExtensions)];
}
