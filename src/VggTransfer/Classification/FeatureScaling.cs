namespace VggTransfer.Classification;

/// <summary>How features are scaled, over the training images, before a head is fitted. It ends in the head's weights.</summary>
public enum FeatureScaling
{
    /// <summary>Each feature to mean 0 and variance 1: weak features count as much as strong ones.</summary>
    Standardized,

    /// <summary>All features alike, so that their variance is 1 on average: strong features count more, as in the images.</summary>
    Uniform,
}
