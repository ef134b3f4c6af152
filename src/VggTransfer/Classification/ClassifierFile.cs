using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML;
using VggTransfer.Features;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.Safetensors;
using VggTransfer.Weights.Chains;

namespace VggTransfer.Classification;

/// <summary>
/// A model file: an ordinary ML.NET .zip, and in it two entries of our own (description and head) with which the
/// classifier runs without loading the chain. ML.NET doesn't look at entries it doesn't know.
/// </summary>
internal static class ClassifierFile
{
    public const string Format = "VggTransfer model";

    private const string DescriptionEntry = "VggTransfer/classifier.json";
    private const string HeadEntry = "VggTransfer/head.safetensors";

    /// <summary>Where ML.NET's OnnxTransformer keeps its graph: a length of four bytes, then the file.</summary>
    private const string GraphEntryName = "OnnxModel";

    // Bounds for hostile files: far above what real ones hold.
    private const long LargestDescription = 64L << 20;
    private const long LargestHead = 1L << 30;
    private const long LargestGraph = int.MaxValue - 64;

    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, MLContext mlContext, ITransformer chain, DataViewSchema inputSchema, ClassifierDescription description, LinearHead head) =>
        AtomicFile.Write(path, stream =>
        {
            mlContext.Model.Save(chain, inputSchema, stream);
            using var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true);
            using (Stream entry = archive.CreateEntry(DescriptionEntry).Open())
            {
                JsonSerializer.Serialize(entry, description, ClassifierDescription.JsonOptions);
            }

            using (Stream entry = archive.CreateEntry(HeadEntry).Open())
            {
                SafetensorsWriter.Write(entry,
                [
                    ModelTensor.FromFloat32("head.weight", [head.Classes, head.Dimension], head.Weights),
                    ModelTensor.FromFloat32("head.bias", [head.Classes], head.Biases),
                ], type: null, new Dictionary<string, string>(), CancellationToken.None);
            }
        });

    /// <exception cref="InvalidModelFileException">The file is no model of ours, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (ClassifierDescription Description, LinearHead Head, byte[] Graph) Read(string path)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            ClassifierDescription description = ReadDescription(archive, path);
            LinearHead head = ReadHead(archive, path, description.Labels.Count);
            return (description, head, ReadGraph(archive, path));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidModelFileException(path, Format, "it is no zip archive, or is damaged or cut short; train or copy it again", innerException: e);
        }
    }

    /// <summary>Reads the network as a model whose weights can be looked at, instead of a graph. Dispose it.</summary>
    /// <exception cref="InvalidModelFileException">The file is no model of ours, is damaged, or its network is no VGG.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (ClassifierDescription Description, LinearHead Head, VggModel Network) ReadNetwork(string path)
    {
        (ClassifierDescription description, LinearHead head, byte[] graph) = Read(path);

        // The graph of a network with a dense part ends before its last layer, which is the head.
        DenseStep? last = description.Layer.Equals(FeatureLayer.Fc7)
            ? new DenseStep(
                "predictions",
                ModelTensor.FromFloat32("head.weight", [head.Classes, head.Dimension], head.Weights),
                IsInputByOutput: false,
                ModelTensor.FromFloat32("head.bias", [head.Classes], head.Biases))
            : null;
        return (description, head, OnnxModelReader.Parse(graph, path, last).Model);
    }

    private static ClassifierDescription ReadDescription(ZipArchive archive, string path)
    {
        ZipArchiveEntry entry = archive.GetEntry(DescriptionEntry)
            ?? throw new InvalidModelFileException(path, Format, "it has no entry " + DescriptionEntry + "; use a file that 'vggtransfer train' or TrainedImageClassifier.Save made");
        try
        {
            ClassifierDescription description = JsonSerializer.Deserialize<ClassifierDescription>(ReadEntry(entry, path, LargestDescription), ClassifierDescription.JsonOptions)
                ?? throw new InvalidModelFileException(path, Format, "its description is empty");
            if (description.FormatVersion != ClassifierDescription.CurrentFormatVersion)
            {
                throw new InvalidModelFileException(path, Format, $"it has format version {description.FormatVersion}, and this version of VggTransfer reads {ClassifierDescription.CurrentFormatVersion}; update VggTransfer");
            }

            return description.FindFault() is { } fault
                ? throw new InvalidModelFileException(path, Format, $"its description is damaged ({fault}); train or copy it again")
                : description;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidModelFileException(path, Format, "its description is damaged; train or copy it again", innerException: e);
        }
    }

    private static LinearHead ReadHead(ZipArchive archive, string path, int classes)
    {
        ZipArchiveEntry entry = archive.GetEntry(HeadEntry)
            ?? throw new InvalidModelFileException(path, Format, "it has no entry " + HeadEntry + "; train or copy it again");
        using SafetensorsFile file = SafetensorsFile.Parse(ReadEntry(entry, path, LargestHead), path);
        SafetensorsTensor? weights = file.Find("head.weight");
        SafetensorsTensor? biases = file.Find("head.bias");
        bool fits = weights is { DataType: SafetensorsDataType.F32, Shape: [_, > 0] } && biases is { DataType: SafetensorsDataType.F32, Shape: [_] }
            && weights.Shape[0] == classes && biases.Shape[0] == classes;
        if (!fits)
        {
            throw new InvalidModelFileException(path, Format, $"its head doesn't fit its {classes} classes; train or copy it again");
        }

        ModelTensor weightTensor = weights!.ToModelTensor();
        ModelTensor biasTensor = biases!.ToModelTensor();
        return weightTensor.IsFinite() && biasTensor.IsFinite()
            ? new LinearHead(weightTensor.ToSingles(), biasTensor.ToSingles())
            : throw new InvalidModelFileException(path, Format, "its head holds NaN or infinity; train or copy it again");
    }

    private static byte[] ReadGraph(ZipArchive archive, string path)
    {
        ZipArchiveEntry[] entries = [.. archive.Entries.Where(entry => entry.Name == GraphEntryName)];
        if (entries.Length != 1)
        {
            throw new InvalidModelFileException(path, Format, $"it holds {entries.Length} ONNX graphs instead of one; train or copy it again");
        }

        byte[] content = ReadEntry(entries[0], path, LargestGraph);
        if (content.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(content) != content.Length - sizeof(int))
        {
            throw new InvalidModelFileException(path, Format, "its ONNX graph has another length than it says; train or copy it again");
        }

        return content[sizeof(int)..];
    }

    private static byte[] ReadEntry(ZipArchiveEntry entry, string path, long largest) =>
        ZipEntryContent.Read(entry, largest, reason => new InvalidModelFileException(path, Format, reason + "; train or copy it again"));
}
