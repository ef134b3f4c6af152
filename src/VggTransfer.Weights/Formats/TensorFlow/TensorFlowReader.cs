using System.Text.RegularExpressions;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>
/// Reads a VGG from a TensorFlow checkpoint, given by its prefix, its index or one of its data files, or from a SavedModel,
/// given by its folder.
/// </summary>
internal static partial class TensorFlowReader
{
    // DT_FLOAT, DT_DOUBLE, DT_BFLOAT16, DT_HALF in tensorflow/core/framework/types.proto.
    private const int FloatType = 1;
    private const int DoubleType = 2;
    private const int BFloat16Type = 14;
    private const int HalfType = 19;

    private const string MetadataFile = "keras_metadata.pb";
    private const long LargestMetadata = 64L << 20;
    private const int LargestStateFile = 1 << 20;

    /// <summary>Whether a path is a checkpoint's or a SavedModel's; opens nothing.</summary>
    /// <param name="path">The path; nothing need be there.</param>
    public static bool IsAt(string path) => Directory.Exists(path)
        ? new[] { Path.Combine("variables", "variables.index"), "saved_model.pb", "variables.index", "checkpoint" }.Any(file => File.Exists(Path.Combine(path, file)))
        : File.Exists(PrefixOf(path) + TensorBundle.IndexExtension);

    /// <summary>Reads the model.</summary>
    /// <inheritdoc cref="IWeightsFormat.Read"/>
    public static WeightsContent Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            string prefix = Resolve(path);
            using TensorBundle bundle = TensorBundle.Open(prefix);
            byte[]? graph = bundle.ReadString(ObjectGraph.Key);
            var source = new ProtobufSource(path, TensorBundle.FormatName) { IsExtracted = true };
            CheckpointLayers layers = CheckpointLayers.Of(graph is null ? [] : ObjectGraph.Parse(graph, source), bundle.Entries);
            CheckEntries(layers, bundle.Entries);
            var checkpoint = new CheckpointChain(bundle, Facts(path));
            ChainModel found = ChainRecognition.Recognise(checkpoint.Create(path, layers));
            string[] notes = [.. checkpoint.Notes, .. found.Notes, .. NotesOfTheRest(found, bundle.Entries)];
            return new WeightsContent(new VggModel(found.Architecture, found.Tensors), WeightsFormat.TensorFlowCheckpoint, notes);
        }
        catch (FormatException exception)
        {
            throw new InvalidModelFileException(path, TensorBundle.FormatName, exception.Message, innerException: exception.InnerException);
        }
    }

    [GeneratedRegex(@"\.data-[0-9]{5}-of-[0-9]{5}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DataExtension();

    // The state file that TensorFlow writes beside its checkpoints, in protobuf's text form.
    [GeneratedRegex("^model_checkpoint_path: \"(?<name>[^\"/\\\\]+)\"\r?$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex LatestCheckpoint();

    private static string PrefixOf(string path) =>
        path.EndsWith(TensorBundle.IndexExtension, StringComparison.Ordinal) ? path[..^TensorBundle.IndexExtension.Length] : DataExtension().Replace(path, "");

    private static string Resolve(string path)
    {
        if (Directory.Exists(path))
        {
            foreach (string prefix in new[] { Path.Combine(path, "variables", "variables"), Path.Combine(path, "variables") })
            {
                if (File.Exists(prefix + TensorBundle.IndexExtension))
                {
                    return prefix;
                }
            }

            string state = Path.Combine(path, "checkpoint");
            if (new FileInfo(state) is { Exists: true, Length: <= LargestStateFile } && LatestCheckpoint().Match(File.ReadAllText(state)) is { Success: true } match)
            {
                return Path.Combine(path, match.Groups["name"].Value);
            }

            throw new FormatException("the folder has neither 'variables/variables.index', as a SavedModel has, nor a file 'checkpoint' that names a checkpoint in it");
        }

        string own = PrefixOf(path);
        if (!File.Exists(own + TensorBundle.IndexExtension) && File.Exists(path))
        {
            using FileStream file = File.OpenRead(path);
            byte[] tail = new byte[sizeof(ulong)];
            file.Seek(Math.Max(0, file.Length - tail.Length), SeekOrigin.Begin);
            int read = file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
            throw new FormatException(SortedTable.HasFooter(tail.AsSpan(0, read))
                ? "it is a checkpoint of TensorFlow's first format (V1, a single file), which isn't supported; save it again with tf.train.Saver of TensorFlow 1.0 or newer"
                : $"its index '{Path.GetFileName(own)}{TensorBundle.IndexExtension}' isn't beside it; a checkpoint is the index and all its data files");
        }

        return own;
    }

    private static SavedModelFacts Facts(string path)
    {
        string metadata = Path.Combine(path, MetadataFile);
        if (!Directory.Exists(path) || new FileInfo(metadata) is not { Exists: true } file)
        {
            return new SavedModelFacts();
        }

        return file.Length <= LargestMetadata
            ? SavedModelFacts.Parse(File.ReadAllBytes(metadata), new ProtobufSource(metadata, TensorBundle.FormatName))
            : throw new FormatException($"its {MetadataFile} has {file.Length:N0} bytes, and a VGG's has some thousands");
    }

    /// <summary>Of every variable of a layer: that it is there, is of numbers, and that its length fits its shape.</summary>
    private static void CheckEntries(CheckpointLayers layers, IReadOnlyDictionary<string, BundleEntry> entries)
    {
        foreach (string key in layers.Layers.SelectMany(layer => layer.Keys.Where(pair => pair.Key != WeightRole.Unknown).Select(pair => pair.Value)))
        {
            string shown = MessageText.Shorten(key);
            if (!entries.TryGetValue(key, out BundleEntry? entry))
            {
                throw new FormatException($"its graph of objects names the variable '{shown}', which the index doesn't have");
            }

            if (entry.Sliced)
            {
                throw new FormatException($"'{shown}' is stored in slices (a partitioned variable), which isn't supported; save the model without partitions");
            }

            if (entry.Shape is not { } shape || shape.Contains(0))
            {
                throw new FormatException($"'{shown}' has no sensible shape; the index is damaged");
            }

            Int128 count = 1;
            foreach (int dimension in shape)
            {
                count *= dimension;
                if (count > int.MaxValue)
                {
                    throw new FormatException($"'{shown}' of shape ({string.Join(", ", shape)}) is larger than any tensor of a VGG");
                }
            }

            if (ElementSize(entry.DataType) is not { } size)
            {
                throw new FormatException($"'{shown}' is of TensorFlow's data type {entry.DataType}, and weights are float32, float16, bfloat16 or float64");
            }

            if (count * size != entry.Size || count * Math.Min(size, 4) > int.MaxValue)
            {
                throw new FormatException($"'{shown}' of shape ({string.Join(", ", shape)}) takes {count * size:N0} bytes, and the index says {entry.Size:N0}");
            }
        }
    }

    /// <summary>How a variable's numbers are kept in the model; 8-byte numbers are narrowed.</summary>
    internal static TensorType TypeOf(BundleEntry entry) => entry.DataType switch
    {
        BFloat16Type => TensorType.BFloat16,
        HalfType => TensorType.Float16,
        _ => TensorType.Float32,
    };

    private static int? ElementSize(int dataType) => dataType switch
    {
        FloatType => 4,
        DoubleType => 8,
        BFloat16Type or HalfType => 2,
        _ => null,
    };

    private static IEnumerable<string> NotesOfTheRest(ChainModel found, IReadOnlyDictionary<string, BundleEntry> entries)
    {
        HashSet<string> used = [.. found.Origins];
        string[] rest = [.. entries.Keys.Where(key => key != ObjectGraph.Key && !used.Contains(key))];
        int state = rest.Count(CheckpointLayers.IsOptimizerState);
        if (state > 0)
        {
            yield return $"The optimiser's state and counters ({state:N0} entries) were left out.";
        }

        string[] others = [.. rest.Where(key => !CheckpointLayers.IsOptimizerState(key)).Order(StringComparer.Ordinal)];
        if (others.Length > 0)
        {
            yield return $"{others.Length:N0} more entries were left out: {string.Join(", ", others.Take(5).Select(MessageText.Shorten))}{(others.Length > 5 ? " ..." : "")}.";
        }
    }
}
