using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats;
using VggTransfer.Weights.Formats.Caffe;
using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.PyTorch;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Weights.Formats.TensorFlow;

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
    public static IReadOnlyList<string> WrittenExtensions { get; } = [".safetensors", ".onnx", ".h5", ".pth", ".pt"];

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file; for TensorFlow also a checkpoint's prefix or a SavedModel's folder.</param>
    /// <param name="options">What the file may not say itself.</param>
    /// <returns>The network and what else was found; dispose it when it is no longer needed.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">
    /// The file is damaged, of no format that is read, or holds no VGG; or it states another preprocessing family than the options.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static WeightsContent Read(string path, WeightsReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new WeightsReadOptions();
        WeightsContent content = Read(path, Detect(path), options);
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
    public static void Write(VggModel model, string path, WeightsWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new WeightsWriteOptions();
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".safetensors":
                SafetensorsModelWriter.Write(model, path, options.Storage, cancellationToken);
                break;
            case ".h5":
                KerasH5ModelWriter.Write(model, path, options.Storage, cancellationToken);
                break;
            case ".pth" or ".pt":
                PyTorchModelWriter.Write(model, path, options.Storage, cancellationToken);
                break;
            case ".onnx":
                cancellationToken.ThrowIfCancellationRequested();
                OnnxModelWriter.Write(options.Storage is { } type ? model.ConvertTo(type) : model, path, options.Onnx);
                break;
            default:
                throw new NotSupportedException($"'{path}' can't be written: the name of the file says its format, and must end in {string.Join(", ", WrittenExtensions)}.");
        }
    }

    /// <summary>Finds a file's format by its content.</summary>
    /// <inheritdoc cref="Read(string, WeightsReadOptions?)" path="/param[@name='path']"/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">The file is of no format that is read; the message says what it seems to be.</exception>
    public static WeightsFormat Detect(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (TensorFlowReader.LooksLike([], path))
        {
            return WeightsFormat.TensorFlowCheckpoint;
        }

        using MappedFile file = MappedFile.Open(path, AnyFormat);
        ReadOnlySpan<byte> head = file.Slice(0, (int)Math.Min(ForeignContent.HeadLength, file.Length)).Span;
        if (KerasH5ModelReader.LooksLike(head, path))
        {
            return WeightsFormat.KerasH5;
        }

        if (KerasArchiveReader.LooksLike(head, path))
        {
            return WeightsFormat.Keras;
        }

        if (PyTorchModelReader.LooksLike(head, path))
        {
            return WeightsFormat.PyTorch;
        }

        if (SafetensorsModelReader.LooksLike(head, path))
        {
            return WeightsFormat.Safetensors;
        }

        return OnnxModelReader.LooksLike(head, path) ? WeightsFormat.Onnx
            : CaffeModelReader.LooksLike(head, path) ? WeightsFormat.Caffe
            : ByExtension(path) ?? throw new InvalidModelFileException(path, AnyFormat, $"{ForeignContent.Describe(head)}; weights are read from safetensors, Keras's .h5 and .keras, PyTorch's .pth and .pt, ONNX, .caffemodel and TensorFlow checkpoints");
    }

    private static WeightsContent Read(string path, WeightsFormat format, WeightsReadOptions options)
    {
        var keras = new KerasReadOptions { FifthPool = options.FifthPool, InputSize = options.InputSize };
        return format switch
        {
            WeightsFormat.Safetensors => SafetensorsModelReader.ReadContent(path),
            WeightsFormat.KerasH5 => KerasH5ModelReader.Read(path, keras),
            WeightsFormat.Keras => KerasArchiveReader.Read(path, keras),
            WeightsFormat.PyTorch => PyTorchModelReader.Read(path),
            WeightsFormat.Onnx => OnnxModelReader.Read(path),
            WeightsFormat.Caffe => CaffeModelReader.Read(path),
            _ => TensorFlowReader.Read(path),
        };
    }

    /// <summary>A damaged beginning says nothing; the reader of the format that the name promises says best what is wrong.</summary>
    private static WeightsFormat? ByExtension(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => WeightsFormat.Safetensors,
        ".h5" or ".hdf5" => WeightsFormat.KerasH5,
        ".keras" => WeightsFormat.Keras,
        ".pth" or ".pt" => WeightsFormat.PyTorch,
        _ => null,
    };
}
