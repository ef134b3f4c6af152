using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Recognition;

/// <summary>What a <see cref="LayerChain"/> turned out to be.</summary>
/// <param name="Architecture">The network.</param>
/// <param name="Tensors">Exactly its tensors, under torchvision's names.</param>
/// <param name="Notes">What was left out, as whole sentences.</param>
internal sealed record ChainModel(VggArchitecture Architecture, IReadOnlyList<ModelTensor> Tensors, IReadOnlyList<string> Notes)
{
    /// <summary>The names in the file of what was read.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Why the head behind the convolutions, if there is one, isn't part of it: the rest of a sentence; null where none was left out.</summary>
    public string? HeadDifference { get; init; }
}
