using VggTransfer.Backbones;

namespace VggTransfer.Classification;

/// <summary>What a model file holds, ready to run.</summary>
/// <param name="Description">What was trained, and how.</param>
/// <param name="Head">The head.</param>
/// <param name="Novelty">What tells pictures that are none of the classes; null if there is none.</param>
/// <param name="Network">The network; whoever loads it disposes it.</param>
/// <param name="NetworkIdentity">As <see cref="IBackbone.Identify"/> gives it; null unless asked for.</param>
internal sealed record ClassifierParts(ClassifierDescription Description, LinearHead Head, NoveltyDetector? Novelty, IFeatureNetwork Network, string? NetworkIdentity);
