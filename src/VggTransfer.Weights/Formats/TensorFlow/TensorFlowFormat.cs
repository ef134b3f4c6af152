using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>TensorFlow's checkpoints, which are several files with a common beginning, and SavedModels, which are folders.</summary>
internal sealed class TensorFlowFormat : IWeightsFormat
{
    public WeightsFormat Id => WeightsFormat.TensorFlowCheckpoint;

    public string Name => "TensorFlow checkpoints";

    public IReadOnlyList<string> Extensions => [];

    public bool IsAt(string path) => TensorFlowReader.IsAt(path);

    /// <summary>A checkpoint's table has its mark at the end.</summary>
    public bool LooksLike(ReadOnlySpan<byte> head, string path) => false;

    public WeightsContent Read(string path, WeightsReadOptions options) => TensorFlowReader.Read(path);
}
