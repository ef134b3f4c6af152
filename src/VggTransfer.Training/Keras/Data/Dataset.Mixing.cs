namespace VggTransfer.Keras.Data;

/// <content>Batches whose samples are mixed in pairs.</content>
public abstract partial class Dataset
{
    /// <summary>
    /// Blends each sample with another of its batch, inputs and targets alike (Zhang and others, mixup: Beyond Empirical Risk
    /// Minimization, 2017). The share is drawn from Beta(alpha, alpha) once a batch, the pairs by a permutation. The inputs become 4-byte floats.
    /// </summary>
    /// <param name="alpha">Above 0: the smaller, the more one of the two prevails. Usual are 0.1 to 0.4.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <returns>A dataset whose reading fails with <see cref="ArgumentException"/> at targets that aren't one-hot rows of floats.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is no finite number above 0.</exception>
    public Dataset MixUp(double alpha, int seed = 0) => Mix(new BatchMixing(CheckAlpha(alpha, nameof(alpha)), 0), seed);

    /// <summary>
    /// Pastes a rectangle of another image of its batch into each image, and mixes the targets by the rectangle's share of the area (Yun
    /// and others, CutMix, 2019). The share is drawn from Beta(alpha, alpha) once a batch, the pairs by a permutation.
    /// </summary>
    /// <param name="alpha">Above 0; usual is 1: all shares alike.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <returns>A dataset whose reading fails with <see cref="ArgumentException"/> at inputs that aren't images of bytes or floats, or targets that aren't one-hot rows of floats.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is no finite number above 0.</exception>
    public Dataset CutMix(double alpha, int seed = 0) => Mix(new BatchMixing(0, CheckAlpha(alpha, nameof(alpha))), seed);

    /// <summary>One of the two for each batch, either as likely as the other.</summary>
    /// <param name="mixUpAlpha">Alpha of <see cref="MixUp"/>; 0 for CutMix alone.</param>
    /// <param name="cutMixAlpha">Alpha of <see cref="CutMix"/>; 0 for mixup alone. With both 0, this dataset is the result.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">An alpha is negative or no finite number.</exception>
    public Dataset MixUpOrCutMix(double mixUpAlpha, double cutMixAlpha, int seed = 0)
    {
        double mixUp = mixUpAlpha == 0 ? 0 : CheckAlpha(mixUpAlpha, nameof(mixUpAlpha));
        double cutMix = cutMixAlpha == 0 ? 0 : CheckAlpha(cutMixAlpha, nameof(cutMixAlpha));
        return mixUp == 0 && cutMix == 0 ? this : Mix(new BatchMixing(mixUp, cutMix), seed);
    }

    private static double CheckAlpha(double alpha, string name) =>
        double.IsFinite(alpha) && alpha > 0 ? alpha : throw new ArgumentOutOfRangeException(name, alpha, "Alpha must be a finite number above 0.");

    private DerivedDataset Mix(BatchMixing mixing, int seed) => new(Cardinality, IsEndless, (pass, skip, cancellationToken) =>
        Read(pass, skip, cancellationToken).Select((batch, i) => mixing.Apply(batch, new SampleRandom(AugmentationSeed(seed, pass, skip + i)))));
}
