namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>What a pickle holds.</summary>
/// <param name="Value">The object; see <see cref="PickleMachine"/> for what it may be.</param>
/// <param name="Length">The pickle's length in bytes.</param>
/// <param name="Storages">Every storage that it refers to, by key, also those of tensors that nobody wants.</param>
internal sealed record PickleContent(object? Value, int Length, IReadOnlyDictionary<string, PyTorchStorage> Storages);
