using System.Globalization;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Reads a VGG out of an ONNX graph. It is recognised by its structure, whatever wrote it and whatever it calls things; this library's own
/// graphs are read by their names.
/// </summary>
internal static class OnnxModelReader
{
    /// <summary>What messages call the format.</summary>
    public const string FormatName = "ONNX";

    /// <summary>Reads a file; the content owns the mappings of it and of the files beside it.</summary>
    /// <inheritdoc cref="IWeightsFormat.Read"/>
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
    /// <param name="head">The last dense layer, for a graph of this library that may end before it; null for none.</param>
    /// <exception cref="InvalidModelFileException">It is no sound ONNX file, or its network is no VGG.</exception>
    public static WeightsContent Parse(ReadOnlyMemory<byte> content, string path, (ModelTensor Weight, ModelTensor Bias)? head = null)
    {
        var source = new ProtobufSource(path, FormatName);
        var external = new OnnxExternalData(source);
        try
        {
            return content.IsEmpty ? throw source.Fault("it is empty") : Read(content, source, external, external, head);
        }
        catch
        {
            external.Dispose();
            throw;
        }
    }

    private static WeightsContent Read(
        ReadOnlyMemory<byte> content, ProtobufSource source, OnnxExternalData external, IDisposable owner, (ModelTensor Weight, ModelTensor Bias)? head = null)
    {
        if (ForeignContent.IsGitLfsPointer(content.Span))
        {
            throw source.Fault(ForeignContent.GitLfsPointer, 0);
        }

        OnnxDocument document = OnnxDocumentReader.Read(content, source);
        if (OwnOnnxGraph.IsOne(document))
        {
            return OwnOnnxModel.Read(document, external, head, owner);
        }

        OnnxChainReader reader = OnnxChainReader.Read(document, external, out LayerChain chain);
        ChainModel found = ChainRecognition.Recognise(chain);
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
