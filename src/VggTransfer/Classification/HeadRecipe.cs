using VggTransfer.Architectures;

namespace VggTransfer.Classification;

/// <summary>All that a head's fit leaves to choose.</summary>
/// <param name="Layer">What is taken as features, and how it is normalised.</param>
/// <param name="Scaling">How features are scaled over the training images.</param>
/// <param name="L2Regularization">Strength of the L2 penalty on scaled features; scikit-learn's 1/C.</param>
public sealed record HeadRecipe(FeatureLayer Layer, FeatureScaling Scaling, double L2Regularization)
{
    /// <summary>Fits a head by this recipe.</summary>
    /// <param name="images">Images by their features of <see cref="Layer"/>, and their classes.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="threads">How many threads may work; the result doesn't depend on it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">A feature isn't a finite number.</exception>
    internal LinearHead Fit(LabeledFeatures images, int classCount, int? threads, CancellationToken cancellationToken) =>
        LinearHead.Fit(images.Features, images.Classes, classCount, L2Regularization, Scaling, threads, cancellationToken);
}
