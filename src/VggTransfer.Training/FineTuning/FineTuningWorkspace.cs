using System.Text.Json;
using System.Text.Json.Serialization;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Files;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.FineTuning;

/// <summary>
/// The folder of one fine-tuning: what it is, its plan, the cache of frozen outputs, the checkpoints of the stage under way and
/// the results of finished ones. Everything in it appears whole or not at all, so that a process may end at any moment.
/// </summary>
internal sealed class FineTuningWorkspace : IDisposable
{
    private const string PlanName = "plan.json";
    private const string InputSizeName = "input-size.json";
    private const string TimesName = "time.json";
    private const string HeadName = "head.safetensors";
    private const string FormatName = "fine-tuning workspace";
    private const string ResultKey = "stage_result";
    private const string LayerKey = "layer";
    private const string WithoutCacheMark = ".none";
    private const string FrozenPattern = "frozen-*";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly FileLock _lock;
    private FineTuningWorkspace(string path, FileLock held, bool isTemporary)
    {
        Path = path;
        _lock = held;
        IsTemporary = isTemporary;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether the folder goes with the process, so that nothing in it is worth keeping.</summary>
    public bool IsTemporary { get; }

    /// <summary>Takes a folder for this process.</summary>
    /// <param name="path">The folder, made if need be; null for a temporary one that is deleted in the end.</param>
    /// <exception cref="IOException">Another process has it, or it can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Nothing may be written there.</exception>
    public static FineTuningWorkspace Open(string? path)
    {
        string folder = path is null ? Directory.CreateTempSubdirectory("vggtransfer-finetune-").FullName : Directory.CreateDirectory(path).FullName;
        FileLock held = FileLock.TryTake(System.IO.Path.Combine(folder, ".lock"))
            ?? throw new IOException($"Another process is fine-tuning in '{path}'; wait for its end, or name another workspace.");
        AtomicFile.RemoveUnfinished(folder);
        return new FineTuningWorkspace(folder, held, path is null);
    }

    /// <summary>Removes the cache of frozen outputs, which nothing needs any more when a result is saved.</summary>
    public static void DeleteCache(string path)
    {
        foreach (string file in Directory.Exists(path) ? Directory.EnumerateFiles(path, FrozenPattern) : [])
        {
            File.Delete(file);
        }
    }

    /// <summary>Writes down what the fine-tuning is, or compares it with what was written down at its beginning.</summary>
    /// <exception cref="IOException">It isn't the one that was begun.</exception>
    public void Identify(IReadOnlyDictionary<string, string> identity)
    {
        if (Read<Dictionary<string, string>>(ImageClassifierFineTuner.WorkspaceIdentity) is { } before)
        {
            foreach (string name in before.Keys.Union(identity.Keys))
            {
                (string then, string now) = (before.GetValueOrDefault(name, "not given"), identity.GetValueOrDefault(name, "not given"));
                if (then != now)
                {
                    throw new IOException($"The workspace '{Path}' holds another fine-tuning: {name} was {Shortened(then)} and is {Shortened(now)}; give the same images and options, or name another workspace.");
                }
            }
        }
        else
        {
            Write(ImageClassifierFineTuner.WorkspaceIdentity, identity);
        }
    }

    /// <summary>The input size that was chosen; null before it is.</summary>
    public InputSizeChoice? ReadInputSize() => Read<SavedInputSize>(InputSizeName) is not { } saved ? null : new InputSizeChoice(
        saved.Size,
        [.. saved.Trials.Select(trial => (trial.InputSize, new HeadTrial(new HeadRecipe(FeatureLayer.Parse(trial.Layer), trial.Scaling, trial.L2), trial.Accuracy, trial.LogLoss)))],
        saved.Reason);

    /// <summary>Keeps the input size that was chosen.</summary>
    public void WriteInputSize(InputSizeChoice choice) => Write(InputSizeName, new SavedInputSize(
        choice.Size,
        [.. choice.Trials.Select(trial => new SavedTrial(trial.InputSize, trial.Best.Recipe.Layer.ToString(), trial.Best.Recipe.Scaling, trial.Best.Recipe.L2Regularization, trial.Best.Accuracy, trial.Best.LogLoss))],
        choice.Reason));

    /// <summary>The plan that was written down; null at the beginning.</summary>
    public WorkspacePlan? ReadPlan() => Read<WorkspacePlan>(PlanName);

    /// <summary>Writes the plan down.</summary>
    public void WritePlan(WorkspacePlan plan) => Write(PlanName, plan);

    /// <summary>The time at work that was noted; zero at the beginning.</summary>
    public TimeSpan ReadTimeUsed() => TimeSpan.FromSeconds(Read<SavedTime>(TimesName)?.Used ?? 0);

    /// <summary>Notes the time at work.</summary>
    public void WriteTimeUsed(TimeSpan used) => Write(TimesName, new SavedTime(used.TotalSeconds));

    /// <summary>The file of a stage's frozen outputs.</summary>
    public string FrozenOutputs(FineTuningStage stage) => FileOf($"{FrozenPattern[..^1]}{stage.FreezeUntil}-{stage.InputSize}.bin");

    /// <summary>
    /// Whether a stage computes the frozen outputs in each step, since there was no room for their file. It stays so, whatever room
    /// there is when the training goes on: the two ways differ in their last bits.
    /// </summary>
    public bool IsWithoutCache(FineTuningStage stage) => File.Exists(FrozenOutputs(stage) + WithoutCacheMark);

    /// <summary>Notes that a stage computes the frozen outputs in each step.</summary>
    public void SetWithoutCache(FineTuningStage stage) => File.WriteAllBytes(FrozenOutputs(stage) + WithoutCacheMark, []);

    /// <summary>The folder of a stage's checkpoints.</summary>
    public string Checkpoint(int number) => FileOf($"stage-{number}");

    /// <summary>What came out of a stage; null if it isn't finished.</summary>
    /// <exception cref="InvalidModelFileException">The file is damaged.</exception>
    public StageResult? ReadStage(int number)
    {
        if (ReadArrays(StageName(number)) is not var (arrays, metadata))
        {
            return null;
        }

        SavedStage saved = metadata.TryGetValue(ResultKey, out string? json) && JsonSerializer.Deserialize<SavedStage>(json, s_json) is { } found
            ? found
            : throw new InvalidModelFileException(FileOf(StageName(number)), FormatName, "it holds no result of a stage; delete it to train the stage again");
        return new StageResult(
            arrays,
            saved.BestEpoch,
            new StageScore(saved.Start[0], saved.Start[1]),
            new StageScore(saved.Best[0], saved.Best[1]),
            [.. saved.Epochs.Select(StageResult.Figures)]);
    }

    /// <summary>Keeps what came out of a stage, and drops its checkpoints.</summary>
    public void WriteStage(int number, StageResult result)
    {
        if (IsTemporary)
        {
            return;
        }

        var saved = new SavedStage(
            result.BestEpoch,
            [result.Start.Accuracy, result.Start.Loss],
            [result.Best.Accuracy, result.Best.Loss],
            [.. result.Epochs.Select(logs => logs.ToDictionary(pair => pair.Key, pair => pair.Value))]);
        ArrayFile.Write(FileOf(StageName(number)), result.Weights, new Dictionary<string, string> { [ResultKey] = JsonSerializer.Serialize(saved, s_json) });
        if (Directory.Exists(Checkpoint(number)))
        {
            Directory.Delete(Checkpoint(number), recursive: true);
        }
    }

    /// <summary>The first head; null before it is fitted.</summary>
    /// <exception cref="InvalidModelFileException">The file is damaged.</exception>
    public FirstHead? ReadHead()
    {
        if (ReadArrays(HeadName) is not var (arrays, metadata))
        {
            return null;
        }

        float[] Values(string name) => arrays.TryGetValue(name, out NDArray? array) ? array.ToSingles() : throw Damaged();
        InvalidModelFileException Damaged() => new(FileOf(HeadName), FormatName, "it holds no first head; delete it to fit the head again");
        float[] biases = Values("bias");
        return new FirstHead(
            FeatureLayer.Parse(metadata.TryGetValue(LayerKey, out string? layer) ? layer : throw Damaged()),
            new LinearHead(Values("weight"), biases),
            new FeatureStandardization(Values("means"), Values("scales")),
            [.. Values("probabilities").Chunk(biases.Length)]);
    }

    /// <summary>Keeps the first head.</summary>
    public void WriteHead(FirstHead head) => ArrayFile.Write(
        FileOf(HeadName),
        new Dictionary<string, NDArray>
        {
            ["weight"] = NDArray.From(head.Head.Weights, head.Head.Classes, head.Head.Dimension),
            ["bias"] = NDArray.From(head.Head.Biases),
            ["means"] = NDArray.From(head.Standardization.Means),
            ["scales"] = NDArray.From(head.Standardization.Scales),
            ["probabilities"] = NDArray.From([.. head.Probabilities.SelectMany(row => row)], head.Probabilities.Count, head.Head.Classes),
        },
        new Dictionary<string, string> { [LayerKey] = head.Layer.ToString() });

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        if (IsTemporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static string StageName(int number) => $"stage-{number}.safetensors";

    private static string Shortened(string value) => value.Length > 60 ? value[..60] + "..." : value;

    private string FileOf(string name) => System.IO.Path.Combine(Path, name);

    private (IReadOnlyDictionary<string, NDArray> Arrays, IReadOnlyDictionary<string, string> Metadata)? ReadArrays(string name)
    {
        if (!File.Exists(FileOf(name)))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(FileOf(name));
        return (file.Tensors.ToDictionary(tensor => tensor.Name, tensor => ArrayFile.ToArray(file, tensor), StringComparer.Ordinal), file.Metadata.ToDictionary());
    }

    private T? Read<T>(string name)
        where T : class
    {
        if (!File.Exists(FileOf(name)))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(FileOf(name)), s_json);
        }
        catch (JsonException exception)
        {
            throw new IOException($"'{FileOf(name)}' is damaged; begin anew in another workspace.", exception);
        }
    }

    private void Write<T>(string name, T content) => AtomicFile.Write(FileOf(name), stream => JsonSerializer.Serialize(stream, content, s_json));

    private sealed record SavedTime(double Used);

    private sealed record SavedInputSize(int Size, SavedTrial[] Trials, string? Reason);

    private sealed record SavedTrial(int InputSize, string Layer, FeatureScaling Scaling, double L2, double Accuracy, double LogLoss);

    private sealed record SavedStage(int BestEpoch, double[] Start, double[] Best, Dictionary<string, double>[] Epochs);
}

/// <summary>What a fine-tuning decided to do, kept so that it goes on with the same.</summary>
/// <param name="Stages">Its stages.</param>
/// <param name="Notes">What a user should know of the decision, as whole sentences.</param>
internal sealed record WorkspacePlan(IReadOnlyList<FineTuningStage> Stages, IReadOnlyList<string> Notes)
{
    /// <summary>Under a time budget, what a picture takes; otherwise null.</summary>
    public BatchTime? Batch { get; init; }

    /// <summary>Under a time budget, whether the epochs are as many as there is time for.</summary>
    public bool AreEpochsFitted { get; init; }
}
