
namespace VggTransfer.DataQuality;

/// <summary>What the features of the readable images tell.</summary>
/// <param name="Features">Where they come from.</param>
/// <param name="Labels">Labels that are probably wrong, the surest first; classes by their indices in the folder.</param>
/// <param name="OwnProbabilities">For each image the probability of its label by a head that hasn't seen it; null where labels weren't checked.</param>
/// <param name="Distances">For each image how far its neighbours are; empty in a set that is too small.</param>
/// <param name="Notes">What couldn't be looked for, and why.</param>
internal sealed record FeatureFindings(ImageCheckFeatures Features, IReadOnlyList<LabelIssue> Labels, double?[] OwnProbabilities, double[] Distances, IReadOnlyList<string> Notes);
