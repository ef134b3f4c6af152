using VggTransfer.FeatureCaching;

namespace VggTransfer.Similarity;

/// <summary>Which features an index holds, and how they are made. They are in 4-byte floating point.</summary>
public sealed record SimilarImageIndexOptions : FolderFeatureSettings;
