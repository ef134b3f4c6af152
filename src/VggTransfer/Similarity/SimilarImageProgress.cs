namespace VggTransfer.Similarity;

/// <summary>The parts of an update, in their order.</summary>
public enum SimilarImageStage
{
    /// <summary>Files that are new or look changed are read and hashed.</summary>
    LookingForChanges,

    /// <summary>New images go through the network.</summary>
    ExtractingFeatures,
}

/// <summary>How far an update is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Images done.</param>
/// <param name="Total">Images in all.</param>
public sealed record SimilarImageProgress(SimilarImageStage Stage, int Done, int Total);
