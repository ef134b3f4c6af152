using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using VggTransfer.Architectures;
using VggTransfer.Cli.Failures;
using VggTransfer.Cli.Files;
using VggTransfer.Files;

namespace VggTransfer.Cli.Fitting;

/// <summary>What a training is made of; kept beside its checkpoints, so that it only goes on as what it was.</summary>
/// <param name="Network">The network.</param>
/// <param name="Settings">How it is trained.</param>
/// <param name="Data">What it is trained and validated on.</param>
internal sealed record FitIdentity(VggArchitecture Network, FitSettings Settings, FitDataIdentity Data);

/// <summary>Which images a training has.</summary>
/// <param name="Classes">The names of the classes.</param>
/// <param name="TrainingImages">How many images are trained on.</param>
/// <param name="ValidationImages">How many are validated on.</param>
/// <param name="Digest">A hash of their names and sizes.</param>
internal sealed record FitDataIdentity(IReadOnlyList<string> Classes, int TrainingImages, int ValidationImages, string Digest);

/// <summary>The folder that a training writes: one training's own.</summary>
internal sealed class FitFolder : IDisposable
{
    private const string IdentityName = "fit.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    // What may be another when a training goes on: more epochs, or another rhythm of checkpoints.
    private static readonly string[] s_free = ["settings.epochs", "settings.checkpointSteps", "settings.warmUp"];

    private readonly FileLock _lock;

    private FitFolder(string path, FileLock held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string Checkpoints => File("checkpoint");

    public string History => File("history.csv");

    public string Curves => File("curves.svg");

    public string Model => File("model.zip");

    public string Weights => File("model.safetensors");

    /// <summary>Looks whether a training can have a folder; makes nothing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resume">Whether a training that was begun in it is to go on.</param>
    /// <exception cref="IOException">There is another training in it, or none where one is to go on.</exception>
    public static void Check(string path, bool resume)
    {
        if (System.IO.File.Exists(path))
        {
            throw new IOException($"'{path}' is a file; name a folder for --output.");
        }

        bool begun = System.IO.File.Exists(System.IO.Path.Combine(path, IdentityName));
        if (resume && !begun)
        {
            throw new IOException($"There is no training in '{path}' that could go on; leave --resume out to begin one.");
        }

        if (!resume && begun)
        {
            throw new IOException($"There is a training in '{path}' already; add --resume to go on with it, or name another folder.");
        }
    }

    /// <summary>Takes the folder for this process, and makes it if need be.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">Another process has it, or nothing can be written.</exception>
    public static FitFolder Open(string path)
    {
        Directory.CreateDirectory(path);
        OutputFile.Check(System.IO.Path.Combine(path, IdentityName));
        FileLock held = FileLock.TryTake(System.IO.Path.Combine(path, ".lock")) ?? throw new IOException($"Another process is training in '{path}'; wait for its end, or name another folder.");
        return new FitFolder(path, held);
    }

    /// <summary>Writes down what the training is, or compares it with what was written down at its beginning.</summary>
    /// <exception cref="UsageException">It isn't the training that was begun.</exception>
    /// <exception cref="IOException">What was written down can't be read.</exception>
    public void Identify(FitIdentity identity, bool resume)
    {
        if (resume)
        {
            JsonNode? then;
            try
            {
                then = JsonNode.Parse(System.IO.File.ReadAllBytes(File(IdentityName)));
            }
            catch (JsonException e)
            {
                throw new IOException($"'{File(IdentityName)}' is damaged; begin anew in another folder.", e);
            }

            if (Difference(then, JsonSerializer.SerializeToNode(identity, s_json), "") is { } difference)
            {
                throw new UsageException($"--resume goes on with the training that was begun in '{Path}', and this is another: {difference}. Give the same images and options, or another --output.");
            }
        }

        AtomicFile.Write(File(IdentityName), stream => JsonSerializer.Serialize(stream, identity, s_json));
    }

    public void Dispose() => _lock.Dispose();

    private string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The first value that differs, in words.</summary>
    private static string? Difference(JsonNode? then, JsonNode? now, string place)
    {
        if (s_free.Contains(place) || JsonNode.DeepEquals(then, now))
        {
            return null;
        }

        if (then is JsonObject before && now is JsonObject after)
        {
            return before.Select(pair => pair.Key).Union(after.Select(pair => pair.Key))
                .Select(key => Difference(before[key], after[key], place.Length == 0 ? key : $"{place}.{key}"))
                .FirstOrDefault(difference => difference is not null);
        }

        return $"{place} was {Shown(then)} and is {Shown(now)}";
    }

    private static string Shown(JsonNode? value) => value?.ToJsonString() is { } text ? (text.Length > 60 ? text[..60] + "..." : text) : "not given";
}
