using VggTransfer.Features;

namespace VggTransfer.Classification;

/// <summary>What a model file holds, ready to run.</summary>
/// <param name="Description">What was trained, and how.</param>
/// <param name="Head">The head.</param>
/// <param name="Novelty">What tells pictures that are none of the classes; null if there is none.</param>
/// <param name="Backbone">The network; whoever loads it disposes it.</param>
/// <param name="GraphDigest">A hash of the network's graph; null unless asked for.</param>
internal sealed record ClassifierParts(ClassifierDescription Description, LinearHead Head, NoveltyDetector? Novelty, IBackbone Backbone, byte[]? GraphDigest);
