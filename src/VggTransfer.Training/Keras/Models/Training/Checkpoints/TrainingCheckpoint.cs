using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <summary>Everything that a training needs to go on as if it had never been interrupted.</summary>
/// <param name="State">Counters, figures and settings.</param>
/// <param name="Weights">By <c>layer/variable</c>.</param>
/// <param name="Slots">The optimizer's memory.</param>
/// <param name="Callbacks">What callbacks remember, by <c>callback/name</c>.</param>
internal sealed record TrainingCheckpoint(
    TrainingState State,
    IReadOnlyDictionary<string, NDArray> Weights,
    IReadOnlyDictionary<string, NDArray> Slots,
    IReadOnlyDictionary<string, NDArray> Callbacks);
