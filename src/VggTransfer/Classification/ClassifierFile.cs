using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Backbones;

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
    private const string NoveltyEntry = "VggTransfer/novelty.safetensors";

    /// <summary>Where ML.NET's OnnxTransformer keeps its graph: a length of four bytes, then the file.</summary>
    private const string GraphEntryName = "OnnxModel";
    private const int GraphPrefixBytes = sizeof(int);

    private const string PartsDontFit = "its graph, head and description don't fit each other; train or copy it again";

    // Bounds for hostile files: far above what real ones hold.
    private const long LargestDescription = 64L << 20;
    private const long LargestHead = 1L << 30;
    private const long LargestGraph = int.MaxValue - 64;

    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, MLContext mlContext, ITransformer chain, DataViewSchema inputSchema, ClassifierDescription description, LinearHead head, NoveltyDetector? novelty)
    {
        using var saved = new TemporaryFile(".zip");
        using (FileStream stream = File.Create(saved.Path))
        {
            mlContext.Model.Save(chain, inputSchema, stream);
        }

        AtomicFile.Write(path, stream =>
        {
            using ZipArchive source = ZipFile.OpenRead(saved.Path);
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                // Weights shrink by a tenth at the most, and stored as they are they can be used where they lie.
                CompressionLevel compression = IsGraph(entry.FullName) ? CompressionLevel.NoCompression : CompressionLevel.Optimal;
                using Stream from = entry.Open();
                using Stream to = archive.CreateEntry(entry.FullName, compression).Open();
                from.CopyTo(to);
            }

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

            if (novelty is not null)
            {
                using Stream entry = archive.CreateEntry(NoveltyEntry).Open();
                NoveltyFile.Write(entry, novelty);
            }
        });
    }

    /// <summary>Reads a model file's parts into memory.</summary>
    /// <exception cref="InvalidModelFileException">The file is no model of ours, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (ClassifierDescription Description, LinearHead Head, byte[] Graph) Read(string path)
    {
        using MappedFile file = MappedFile.Open(path, Format);
        return Read(ZipDirectory.Read(file, Format), path);
    }

    private static (ClassifierDescription Description, LinearHead Head, byte[] Graph) Read(ZipDirectory archive, string path)
    {
        ClassifierDescription description = ReadDescription(archive, path);
        LinearHead head = ReadHead(archive, path, description.Labels.Count);
        byte[] graph = ReadMember(archive, FindGraph(archive, path), path, LargestGraph).ToArray();
        CheckGraphLength(graph, path);
        return (description, head, graph[GraphPrefixBytes..]);
    }

    /// <summary>Reads a model file and loads its network; the file isn't used any more afterwards.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads for inference.</param>
    /// <param name="algorithm">How a network in 4-byte floating point is computed; null for the fastest.</param>
    /// <param name="withDigest">Whether to hash the network, which takes the processors some tenths of a second for half a gigabyte.</param>
    /// <exception cref="InvalidModelFileException">The file is no model of ours, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ClassifierParts Load(string path, int threads, ConvolutionAlgorithm? algorithm, bool withDigest)
    {
        using MappedFile file = MappedFile.Open(path, Format);
        var archive = ZipDirectory.Read(file, Format);
        ClassifierDescription description = ReadDescription(archive, path);
        FeatureExtractorOptions computing = Computing(description, algorithm) with { InputSize = description.InputSize, Threads = threads };
        LinearHead head = ReadHead(archive, path, description.Labels.Count);
        NoveltyDetector? novelty = ReadNovelty(archive, path, head.Dimension);
        (IFeatureNetwork network, byte[]? digest) = LoadGraph(file, archive, description.Layer, computing.Validate(), withDigest);
        if (network.Dimension == head.Dimension && network.InputSize == description.InputSize)
        {
            ConvolutionAlgorithm used = network is WinogradNetwork ? ConvolutionAlgorithm.Winograd : ConvolutionAlgorithm.Direct;
            string? identity = digest is null ? null : $"graph {Convert.ToHexStringLower(digest)}\n{VggBackbone.Identify(used)}";
            return new ClassifierParts(description, head, novelty, network, identity);
        }

        network.Dispose();
        throw new InvalidModelFileException(path, Format, PartsDontFit);
    }

    /// <summary>How a model's features are computed; 8-bit integers know one way only.</summary>
    public static FeatureExtractorOptions Computing(ClassifierDescription description, ConvolutionAlgorithm? algorithm) => new()
    {
        Precision = description.Precision.Precision,
        Algorithm = description.Precision.Precision == OnnxPrecision.Float32 ? algorithm : null,
    };

    private static (IFeatureNetwork Network, byte[]? Digest) LoadGraph(MappedFile file, ZipDirectory archive, FeatureLayer layer, FeatureExtractorOptions computing, bool withDigest)
    {
        ZipMember member = FindGraph(archive, file.Path);
        long? position = archive.PositionOf(member);

        // Where another tool packed the archive anew, the graph is unpacked, and checked, at once. Otherwise the whole file goes through
        // the checksum on one processor, while the network is loaded on another.
        ReadOnlyMemory<byte> content = position is null ? ReadMember(archive, member, file.Path, LargestGraph) : archive.Content(member);
        CheckGraphLength(content, file.Path);
        var graph = new SavedGraph(content[GraphPrefixBytes..], new ProtobufSource(file.Path, Format), position + GraphPrefixBytes);
        using FileCheck? check = position is { } start ? new FileCheck(file.Path, start, member.Length, member.Checksum) : null;
        try
        {
            IFeatureNetwork network = Open(graph, layer, computing);
            byte[]? digest = withDigest ? WeightsDigest.OfGraph(graph.Content, computing.Threads) : null;
            if (check?.FindFault() is { } fault)
            {
                network.Dispose();
                throw new InvalidModelFileException(file.Path, Format, fault);
            }

            return (network, digest);
        }
        catch (InvalidModelFileException) when (check?.FindFault() is { } fault)
        {
            // Damage explains whatever went wrong with the graph.
            throw new InvalidModelFileException(file.Path, Format, fault);
        }
    }

    private static IFeatureNetwork Open(SavedGraph graph, FeatureLayer layer, FeatureExtractorOptions computing)
    {
        string path = graph.Source.Path;
        try
        {
            return graph.Open(layer, computing);
        }
        catch (InvalidModelFileException e)
        {
            throw new InvalidModelFileException(path, Format, $"its graph can't be used ({e.Reason}); train or copy it again", innerException: e);
        }
        catch (ArgumentException e)
        {
            throw new InvalidModelFileException(path, Format, PartsDontFit, innerException: e);
        }
        catch (NotSupportedException e)
        {
            throw new InvalidModelFileException(path, Format, "its graph isn't one that takes images and gives features; train or copy it again", innerException: e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelFileException(path, Format, "ONNX Runtime can't load its graph; train or copy it again", innerException: e);
        }
    }

    /// <summary>Reads the network as a model whose weights can be looked at, instead of a graph. Dispose it.</summary>
    /// <exception cref="InvalidModelFileException">The file is no model of ours, is damaged, or its network is no VGG.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (ClassifierDescription Description, LinearHead Head, NoveltyDetector? Novelty, VggModel Network) ReadNetwork(string path)
    {
        using MappedFile file = MappedFile.Open(path, Format);
        var archive = ZipDirectory.Read(file, Format);
        (ClassifierDescription description, LinearHead head, byte[] graph) = Read(archive, path);
        return (description, head, ReadNovelty(archive, path, head.Dimension), ToModel(graph, head, path));
    }

    /// <summary>The network of a model file that was read. A graph with a dense part ends before its last layer, which is the head.</summary>
    /// <exception cref="InvalidModelFileException">It is no VGG, or ends before its last convolution.</exception>
    public static VggModel ToModel(byte[] graph, LinearHead head, string path) => OnnxModelReader.Parse(graph, path, (
        ModelTensor.FromFloat32("head.weight", [head.Classes, head.Dimension], head.Weights), ModelTensor.FromFloat32("head.bias", [head.Classes], head.Biases))).Model;

    /// <summary>What tells pictures that are none of the classes; null if the model has no such part.</summary>
    private static NoveltyDetector? ReadNovelty(ZipDirectory archive, string path, int dimension)
    {
        if (archive.Find(NoveltyEntry) is not { } member)
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Parse(ReadMember(archive, member, path, LargestHead), path);
        return NoveltyFile.Read(file, dimension)
            ?? throw new InvalidModelFileException(path, Format, $"its entry {NoveltyEntry} doesn't fit its {dimension} features, or is damaged; train or copy it again");
    }

    private static ClassifierDescription ReadDescription(ZipDirectory archive, string path)
    {
        ZipMember member = archive.Find(DescriptionEntry)
            ?? throw new InvalidModelFileException(path, Format, "it has no entry " + DescriptionEntry + "; use a file that 'vggtransfer train' or TrainedImageClassifier.Save made");
        try
        {
            ClassifierDescription description = JsonSerializer.Deserialize<ClassifierDescription>(ReadMember(archive, member, path, LargestDescription).Span, ClassifierDescription.JsonOptions)
                ?? throw new InvalidModelFileException(path, Format, "its description is empty");
            if (description.FormatVersion is < 1 or > ClassifierDescription.CurrentFormatVersion)
            {
                throw new InvalidModelFileException(path, Format, $"it has format version {description.FormatVersion}, and this version of VggTransfer reads 1 to {ClassifierDescription.CurrentFormatVersion}; update VggTransfer");
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

    private static LinearHead ReadHead(ZipDirectory archive, string path, int classes)
    {
        ZipMember member = archive.Find(HeadEntry)
            ?? throw new InvalidModelFileException(path, Format, "it has no entry " + HeadEntry + "; train or copy it again");
        using SafetensorsFile file = SafetensorsFile.Parse(ReadMember(archive, member, path, LargestHead), path);
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

    private static ZipMember FindGraph(ZipDirectory archive, string path)
    {
        string[] names = [.. archive.Names.Where(IsGraph)];
        return names.Length == 1
            ? archive.Find(names[0])!
            : throw new InvalidModelFileException(path, Format, $"it holds {names.Length} ONNX graphs instead of one; train or copy it again");
    }

    // ML.NET writes names with the separator of the system that it runs on.
    private static bool IsGraph(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..] == GraphEntryName;

    private static void CheckGraphLength(ReadOnlyMemory<byte> content, string path)
    {
        if (content.Length < GraphPrefixBytes || BinaryPrimitives.ReadInt32LittleEndian(content.Span) != content.Length - GraphPrefixBytes)
        {
            throw new InvalidModelFileException(path, Format, "its ONNX graph has another length than it says; train or copy it again");
        }
    }

    private static ReadOnlyMemory<byte> ReadMember(ZipDirectory archive, ZipMember member, string path, long largest)
    {
        if (member.Length > largest)
        {
            throw new InvalidModelFileException(path, Format, $"its entry {member.ShortName} claims {member.Length:N0} bytes, and none has more than {largest:N0}; train or copy it again");
        }

        ReadOnlyMemory<byte> content = archive.Content(member);
        return Crc32.HashToUInt32(content.Span) == member.Checksum
            ? content
            : throw new InvalidModelFileException(path, Format, $"its entry {member.ShortName} is damaged (its checksum differs); train or copy it again");
    }
}
