using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>
/// Reads Caffe's <c>.caffemodel</c>, such as Oxford's original release. Caffe's layouts are torchvision's: OIHW kernels,
/// dense layers out x in, their inputs in channel, row, column order. The channels stay as they are: BGR in Oxford's.
/// </summary>
internal static class CaffeModelReader
{
    /// <summary>What messages call the format.</summary>
    public const string FormatName = "Caffe";

    private const int ImageNetClasses = 1000;

    /// <summary>Reads a file; the content owns its mapping.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is no sound Caffe model, or its network is no VGG.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static WeightsContent Read(string path)
    {
        MappedFile file = MappedFile.Open(path, FormatName);
        try
        {
            var source = new ProtobufSource(path, FormatName);
            return file.Length <= int.MaxValue
                ? Read(file.Slice(0, (int)file.Length), source, file)
                : throw source.Fault($"it has {file.Length:N0} bytes, and protocol buffers end at {int.MaxValue:N0}");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that lies in memory.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InvalidModelFileException">It is no sound Caffe model, or its network is no VGG.</exception>
    public static WeightsContent Parse(ReadOnlyMemory<byte> content, string path) => Read(content, new ProtobufSource(path, FormatName), owner: null);

    private static WeightsContent Read(ReadOnlyMemory<byte> content, ProtobufSource source, IDisposable? owner)
    {
        if (content.IsEmpty)
        {
            throw source.Fault("it is empty");
        }

        if (ForeignContent.IsGitLfsPointer(content.Span))
        {
            throw source.Fault(ForeignContent.GitLfsPointer, 0);
        }

        if (content.Span is [0x89, (byte)'H', (byte)'D', (byte)'F', ..])
        {
            throw source.Fault("it is Caffe's HDF5 form, which isn't read; save it as a binary .caffemodel", 0);
        }

        CaffeNet net = CaffeNetReader.Read(content, source);
        ChainModel found = ChainRecognition.Recognise(CaffeChainReader.Read(net, source));
        var model = new VggModel(found.Architecture, found.Tensors, owner) { Preprocessing = IsOxfords(net, found.Architecture) ? PreprocessingFamily.KerasCaffe : null };
        return new WeightsContent(model, WeightsFormat.Caffe, found.Notes);
    }

    /// <summary>
    /// Whether a net is Oxford's own release, whose preprocessing is known. Fine-tuned descendants often keep the name and
    /// subtract other means, but they have other classes or layers.
    /// </summary>
    private static bool IsOxfords(CaffeNet net, VggArchitecture architecture) => architecture is { WidthMultiplier: 1, IncludeTop: true, Classes: ImageNetClasses, BatchNorm: false }
        && (net.Name, architecture.Configuration) is ("VGG_ILSVRC_16_layers", VggConfiguration.D) or ("VGG_ILSVRC_19_layers", VggConfiguration.E);
}
