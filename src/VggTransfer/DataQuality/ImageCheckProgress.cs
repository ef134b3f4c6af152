namespace VggTransfer.DataQuality;

/// <summary>The parts of a check, in their order.</summary>
public enum ImageCheckStage
{
    /// <summary>Files are read, decoded and hashed.</summary>
    ReadingImages,

    /// <summary>Pictures are compared with each other.</summary>
    FindingDuplicates,

    /// <summary>Some images go through the network in 8-bit integers and in floating point.</summary>
    ChoosingPrecision,

    /// <summary>Images go through the network.</summary>
    ExtractingFeatures,

    /// <summary>Cross-validation compares layers and regularisations.</summary>
    SelectingLayer,

    /// <summary>Heads are fitted, each on a part of the images, and asked about the rest.</summary>
    CheckingLabels,

    /// <summary>Neighbours are looked for in the features.</summary>
    FindingOutliers,
}

/// <summary>How far a check is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
public sealed record ImageCheckProgress(ImageCheckStage Stage, int Done, int Total);
