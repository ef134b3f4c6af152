using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>safetensors, as Hugging Face's models come, and the format of this library's own files.</summary>
internal sealed class SafetensorsFormat : IWeightsFormat
{
    public WeightsFormat Id => WeightsFormat.Safetensors;

    public string Name => "safetensors";

    public IReadOnlyList<string> Extensions { get; } = [".safetensors"];

    public IReadOnlyList<string> WrittenExtensions => Extensions;

    /// <summary>The length of a header, and its first brace.</summary>
    public bool LooksLike(ReadOnlySpan<byte> head, string path) => head.Length > SafetensorsHeader.Start && head[SafetensorsHeader.Start] == (byte)'{';

    public WeightsContent Read(string path, WeightsReadOptions options) => SafetensorsModelReader.ReadContent(path);

    public void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken) =>
        SafetensorsModelWriter.Write(model, path, options.Storage, cancellationToken);
}
