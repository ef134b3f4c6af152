using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>What went into the last layer's softmax or sigmoid.</summary>
/// <param name="Values">The logits, in the type of losses.</param>
/// <param name="SoftmaxOnly">
/// Whether only the categorical losses find them: Keras's Softmax layer leaves no trace, and is recognised as an operation.
/// </param>
internal sealed record Logits(Tensor Values, bool SoftmaxOnly);

/// <summary>What a pass through the layers is for, and what it leaves behind beside its output.</summary>
internal sealed class StepContext
{
    /// <summary>Whether dropout acts and batch norm looks at the batch.</summary>
    public bool IsTraining { get; init; }

    /// <summary>Whether batch norm's running statistics follow.</summary>
    public bool UpdatesStatistics { get; init; }

    /// <summary>What dropout depends on, together with the layer.</summary>
    public ulong Seed { get; init; }

    /// <summary>Penalties on outputs, scalars of the loss's type, already divided by the batch size.</summary>
    public List<Tensor> ActivityPenalties { get; } = [];

    /// <summary>Outputs of layers, by their names, that a later layer pools.</summary>
    public Dictionary<string, Tensor> Maps { get; } = new(StringComparer.Ordinal);

    /// <summary>Pooled maps that came in with the input.</summary>
    public Dictionary<PooledMap, Tensor> Pooled { get; } = [];

    /// <summary>Set by a layer whose output is a softmax or sigmoid, cleared by any other.</summary>
    public Logits? Logits { get; set; }
}
