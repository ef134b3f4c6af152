using System.Text.Json.Nodes;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Parity.Keras;

/// <summary>Stands behind the callback under test: notes rates, steps, and which files were written.</summary>
/// <param name="folder">The files' folder; null if there is none.</param>
internal sealed class CallbackRecorder(string? folder = null) : Callback
{
    // Long ago: a file that was written since has another time.
    private static readonly DateTime s_seen = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public List<double> RatesAtBegin { get; } = [];

    public List<double> RatesAtEnd { get; } = [];

    public List<int> Batches { get; } = [];

    public JsonArray Epochs { get; } = [];

    public override void OnEpochBegin(int epoch, Logs logs) => RatesAtBegin.Add(Model.Optimizer.LearningRate);

    public override void OnTrainBatchEnd(int batch, Logs logs) => Batches.Add(batch);

    public override void OnEpochEnd(int epoch, Logs logs)
    {
        RatesAtEnd.Add(Model.Optimizer.LearningRate);
        if (folder is null)
        {
            return;
        }

        string[] files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];
        string[] written = [.. files.Where(file => File.GetLastWriteTimeUtc(file) != s_seen)];
        foreach (string file in written)
        {
            File.SetLastWriteTimeUtc(file, s_seen);
        }

        Epochs.Add((JsonNode)new JsonObject
        {
            ["epoch"] = epoch,
            ["written"] = GoldenDifference.Texts(written.Select(file => Path.GetFileName(file))),
            ["files"] = GoldenDifference.Texts(files.Select(file => Path.GetFileName(file))),
        });
    }
}
