using VggTransfer.Caffe;
using VggTransfer.Files;
using VggTransfer.Images;
using VggTransfer.KerasFiles;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.PyTorch;
using VggTransfer.Safetensors;
using VggTransfer.TensorFlowFiles;

namespace VggTransfer.Weights;

/// <summary>Weights from any file that a VGG was published or saved in. The format is found by content, not by name.</summary>
public static class WeightsFile
{
    /// <summary>What messages call a file whose format couldn't be found.</summary>
    private const string AnyFormat = "weights";

    /// <summary>Enough for every format's beginning.</summary>
    private const int HeadLength = 512;

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
        ReadOnlySpan<byte> head = file.Slice(0, (int)Math.Min(HeadLength, file.Length)).Span;
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
