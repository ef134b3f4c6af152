using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using VggTransfer.Architectures;
using VggTransfer.Files;

namespace VggTransfer.Cli;

/// <summary>What a training is made of; kept beside its checkpoints, so that it only goes on as what it was.</summary>
/// <param name="Network">The network.</param>
/// <param name="Settings">How it is trained.</param>
/// <param name="Data">What it is trained and validated on.</param>
internal sealed record FitIdentity(VggArchitecture Network, FitSettings Settings, FitDataIdentity Data)
{
    /// <summary>The file's name in the training's folder.</summary>
    public const string FileName = "fit.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    // What may be another when a training goes on: more epochs, or another rhythm of checkpoints.
    private static readonly string[] s_free = ["settings.epochs", "settings.checkpointSteps", "settings.warmUp"];

    /// <summary>Writes down what the training is, or compares it with what was written down at its beginning.</summary>
    /// <param name="folder">The training's folder.</param>
    /// <param name="resume">Whether a training that was begun there goes on.</param>
    /// <exception cref="UsageException">It isn't the training that was begun.</exception>
    /// <exception cref="IOException">What was written down can't be read.</exception>
    public void CheckAndKeep(TrainingFolder folder, bool resume)
    {
        string file = folder.File(FileName);
        if (resume)
        {
            JsonNode? then;
            try
            {
                then = JsonNode.Parse(File.ReadAllBytes(file));
            }
            catch (JsonException e)
            {
                throw new IOException($"'{file}' is damaged; begin anew in another folder.", e);
            }

            if (Difference(then, JsonSerializer.SerializeToNode(this, s_json), "") is { } difference)
            {
                throw new UsageException($"--resume goes on with the training that was begun in '{folder.Path}', and this is another: {difference}. Give the same images and options, or another --output.");
            }
        }

        AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, this, s_json));
    }

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
