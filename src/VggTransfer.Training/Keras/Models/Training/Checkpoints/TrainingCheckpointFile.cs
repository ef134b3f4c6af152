using System.Text.Json;
using VggTransfer.Files;
using VggTransfer.Keras.Data;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Keras.Models;

/// <summary>
/// A checkpoint as one safetensors file. It replaces the one before it only when it is whole and on disk, so that a process
/// may be killed at any moment.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class TrainingCheckpointFile(string path)
{
    private const string FormatName = "training checkpoint";
    private const string StateKey = "training_state";
    private const string Weights = "weights/";
    private const string Slots = "optimizer/";
    private const string Callbacks = "callbacks/";

    public string Path => path;

    private string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;

    /// <summary>The exception for a checkpoint that can't be used.</summary>
    /// <param name="reason">What is wrong, as the rest of a sentence.</param>
    /// <param name="inner">The cause.</param>
    public InvalidModelFileException Fault(string reason, Exception? inner = null) =>
        new(path, FormatName, $"{reason}; to train from the beginning, delete it", null, inner);

    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(TrainingCheckpoint checkpoint)
    {
        Directory.CreateDirectory(Folder);
        IEnumerable<KeyValuePair<string, NDArray>> arrays =
        [
            .. checkpoint.Weights.Select(pair => KeyValuePair.Create(Weights + pair.Key, pair.Value)),
            .. checkpoint.Slots.Select(pair => KeyValuePair.Create(Slots + pair.Key, pair.Value)),
            .. checkpoint.Callbacks.Select(pair => KeyValuePair.Create(Callbacks + pair.Key, pair.Value)),
        ];
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [StateKey] = JsonSerializer.Serialize(checkpoint.State, TrainingStateJson.Default.TrainingState),
        };
        ArrayFile.Write(path, arrays, metadata);
    }

    /// <summary>The checkpoint; null if there is none.</summary>
    /// <exception cref="InvalidModelFileException">The file isn't a sound checkpoint.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public TrainingCheckpoint? Read()
    {
        AtomicFile.RemoveUnfinished(Folder);
        if (!File.Exists(path))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(StateKey, out string? json))
        {
            throw Fault("it holds no state of a training");
        }

        return new TrainingCheckpoint(ReadState(json), Section(file, Weights), Section(file, Slots), Section(file, Callbacks));
    }

    /// <summary>Removes the file, and its folder where nothing else is in it.</summary>
    public void Delete()
    {
        AtomicFile.RemoveUnfinished(Folder);
        File.Delete(path);
        if (Directory.Exists(Folder) && !Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            Directory.Delete(Folder);
        }
    }

    private TrainingState ReadState(string json)
    {
        TrainingState state;
        try
        {
            state = JsonSerializer.Deserialize(json, TrainingStateJson.Default.TrainingState) ?? throw Fault("its state of the training is empty");
        }
        catch (JsonException exception)
        {
            throw Fault("its state of the training isn't of the kind that this version writes", exception);
        }

        if (state.Version != TrainingState.CurrentVersion)
        {
            throw Fault($"it is of version {state.Version}, and this program knows version {TrainingState.CurrentVersion}");
        }

        bool sound = state.Position is { Epoch: >= 0, Step: >= 0 }
            && (state.Steps ?? 1) > 0
            && (state.ValidationSteps ?? 1) > 0
            && state.Iterations >= 0
            && IsRate(state.LearningRate)
            && IsRate(state.LearningRateBeforeEpoch)
            && !state.LastLogs.Contains(null!)
            && !state.History.Contains(null!)
            && state.History.All(figures => figures.Values.Length <= state.HistoryEpochs.Length)
            && state.History.DistinctBy(figures => figures.Name, StringComparer.Ordinal).Count() == state.History.Length;
        return sound ? state : throw Fault("its state of the training contradicts itself");
    }

    private static bool IsRate(double? rate) => rate is null || (double.IsFinite(rate.Value) && rate >= 0);

    private static Dictionary<string, NDArray> Section(SafetensorsFile file, string prefix) =>
        file.Tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], tensor => ArrayFile.ToArray(file, tensor), StringComparer.Ordinal);
}
