using VggTransfer.Features;

namespace VggTransfer.Similarity;

/// <summary>What an update of an index did.</summary>
/// <param name="Images">Images in the index now.</param>
/// <param name="Added">Images that went through the network.</param>
/// <param name="Kept">Images whose features were in the index already, also those that were moved or renamed.</param>
/// <param name="Removed">Images whose content is no longer in the folder.</param>
/// <param name="Skipped">Files that can't be read.</param>
/// <param name="Rebuilt">Why all features were made anew; null where the earlier ones were kept, or there were none.</param>
public sealed record SimilarImageIndexUpdate(int Images, int Added, int Kept, int Removed, IReadOnlyList<SkippedImage> Skipped, string? Rebuilt);
