using System.Globalization;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Reads a VGG out of an ONNX graph. It is recognised by its structure, whatever wrote it and whatever it calls things.
/// </summary>
internal static class OnnxModelReader
{
    /// <summary>What messages call the format.</summary>
    public const string FormatName = "ONNX";

    // The numbers of ModelProto's fields, each of which is a message or a text but for these.
    private const int IrVersionField = 1;
    private const int ModelVersionField = 5;

    /// <summary>Reads a file; the content owns the mappings of it and of the files beside it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is no sound ONNX file, or its network is no VGG.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static WeightsContent Read(string path)
    {
        MappedFile file = MappedFile.Open(path, FormatName);
        var source = new ProtobufSource(path, FormatName);
        var external = new OnnxExternalData(source);
        var owner = new Mappings(file, external);
        try
        {
            return file.Length <= int.MaxValue
                ? Read(file.Slice(0, (int)file.Length), source, external, owner)
                : throw source.Fault($"it has {file.Length:N0} bytes, and protocol buffers end at {int.MaxValue:N0}");
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that lies in memory.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="path">What messages call it, and where files beside it would lie.</param>
    /// <param name="last">A last layer of the network that isn't in the graph; null for none.</param>
    /// <exception cref="InvalidModelFileException">It is no sound ONNX file, or its network is no VGG.</exception>
    public static WeightsContent Parse(ReadOnlyMemory<byte> content, string path, DenseStep? last = null)
    {
        var source = new ProtobufSource(path, FormatName);
        var external = new OnnxExternalData(source);
        try
        {
            return content.IsEmpty ? throw source.Fault("it is empty") : Read(content, source, external, external, last);
        }
        catch
        {
            external.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file is probably of this format: its name ends in .onnx, or it begins as an ONNX model does.</summary>
    /// <param name="head">The file's beginning, 64 bytes or more where it has them.</param>
    /// <param name="path">The file.</param>
    public static bool LooksLike(ReadOnlySpan<byte> head, string path)
    {
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // The version of the format comes first in every known writer's files: field 1, a small number. Behind it stand
        // only fields that the model has.
        if (head.Length < 3 || head[0] != (IrVersionField << 3) || head[1] is 0 or >= 0x80)
        {
            return false;
        }

        int number = head[2] >> 3;
        int wireType = head[2] & 7;
        return number is 2 or 3 or 4 or 6 or 7 or 8 or 14 or 20 ? wireType == 2 : number == ModelVersionField && wireType == 0;
    }

    private static WeightsContent Read(ReadOnlyMemory<byte> content, ProtobufSource source, OnnxExternalData external, IDisposable owner, DenseStep? last = null)
    {
        if (ForeignContent.IsGitLfsPointer(content.Span))
        {
            throw source.Fault(ForeignContent.GitLfsPointer, 0);
        }

        OnnxDocument document = OnnxDocumentReader.Read(content, source);
        if (Int8OnnxModel.IsOne(document))
        {
            WeightsContent dequantized = Int8OnnxModel.Read(document, external, last);
            owner.Dispose();
            return dequantized;
        }

        OnnxChainReader reader = OnnxChainReader.Read(document, external, out LayerChain chain);
        chain = last is null ? chain : chain with { Steps = [.. chain.Steps, last] };
        ChainModel found = ChainRecognition.Recognise(chain);
        if (ModelMetadata.IsPresent(document.Metadata))
        {
            return OwnOnnxModel.Create(found, reader, ModelMetadata.Parse(document.Metadata, source.Path, FormatName), chain, owner);
        }

        string[] notes = [.. found.Notes, .. DescribeFront(reader)];
        return new WeightsContent(new VggModel(found.Architecture, found.Tensors, owner), WeightsFormat.Onnx, notes);
    }

    /// <summary>What the graph does to its pixels, which the model read doesn't.</summary>
    private static IEnumerable<string> DescribeFront(OnnxChainReader reader)
    {
        string[] operations = [.. reader.Front.Where(operation => operation.Constant is not null).Select(Describe)];
        if (operations.Length > 0)
        {
            yield return $"The graph begins with a preprocessing of its own ({string.Join(", ", operations)}), which isn't part of the model read: choose the preprocessing family that does the same.";
        }
    }

    private static string Describe(OnnxFrontOperation operation)
    {
        float[] values = operation.Constant!.ElementCount <= 4 ? operation.Constant.ToSingles() : [];
        return values.Length == 0 ? operation.Node.Operator : $"{operation.Node.Operator} {string.Join(", ", values.Select(value => value.ToString("G6", CultureInfo.InvariantCulture)))}";
    }

    private sealed class Mappings(MappedFile file, OnnxExternalData external) : IDisposable
    {
        public void Dispose()
        {
            external.Dispose();
            file.Dispose();
        }
    }
}
