using VggTransfer.Keras;
using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>Random changes of a dataset's batches, anew in each pass.</summary>
public static class DatasetAugmentation
{
    /// <summary>Random crops and flips of 8-bit images, anew in each pass.</summary>
    /// <param name="dataset">The batches that are changed.</param>
    /// <param name="augmentation">What is done.</param>
    /// <param name="seed">The same seed gives the same images again, pass by pass.</param>
    public static Dataset Augment(this Dataset dataset, ImageAugmentation augmentation, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        return Change(dataset, seed, augmentation.Apply);
    }

    /// <summary>
    /// Blends each sample with another of its batch, inputs and targets alike (Zhang and others, mixup: Beyond Empirical Risk
    /// Minimization, 2017). The share is drawn from Beta(alpha, alpha) once a batch, the pairs by a permutation. The inputs become 4-byte floats.
    /// </summary>
    /// <param name="dataset">The batches that are changed.</param>
    /// <param name="alpha">Above 0: the smaller, the more one of the two prevails. Usual are 0.1 to 0.4.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <returns>A dataset whose reading fails with <see cref="ArgumentException"/> at targets that aren't one-hot rows of floats.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is no finite number above 0.</exception>
    public static Dataset MixUp(this Dataset dataset, double alpha, int seed = 0) => Mix(dataset, new BatchMixing(CheckAlpha(alpha, nameof(alpha)), 0), seed);

    /// <summary>
    /// Pastes a rectangle of another image of its batch into each image, and mixes the targets by the rectangle's share of the area (Yun
    /// and others, CutMix, 2019). The share is drawn from Beta(alpha, alpha) once a batch, the pairs by a permutation.
    /// </summary>
    /// <param name="dataset">The batches that are changed.</param>
    /// <param name="alpha">Above 0; usual is 1: all shares alike.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <returns>A dataset whose reading fails with <see cref="ArgumentException"/> at inputs that aren't images of bytes or floats, or targets that aren't one-hot rows of floats.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is no finite number above 0.</exception>
    public static Dataset CutMix(this Dataset dataset, double alpha, int seed = 0) => Mix(dataset, new BatchMixing(0, CheckAlpha(alpha, nameof(alpha))), seed);

    /// <summary>One of the two for each batch, either as likely as the other.</summary>
    /// <param name="dataset">The batches that are changed.</param>
    /// <param name="mixUpAlpha">Alpha of <see cref="MixUp"/>; 0 for CutMix alone.</param>
    /// <param name="cutMixAlpha">Alpha of <see cref="CutMix"/>; 0 for mixup alone. With both 0, this dataset is the result.</param>
    /// <param name="seed">The same seed gives the same mixtures again, pass by pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">An alpha is negative or no finite number.</exception>
    public static Dataset MixUpOrCutMix(this Dataset dataset, double mixUpAlpha, double cutMixAlpha, int seed = 0)
    {
        double mixUp = mixUpAlpha == 0 ? 0 : CheckAlpha(mixUpAlpha, nameof(mixUpAlpha));
        double cutMix = cutMixAlpha == 0 ? 0 : CheckAlpha(cutMixAlpha, nameof(cutMixAlpha));
        return mixUp == 0 && cutMix == 0 ? dataset : Mix(dataset, new BatchMixing(mixUp, cutMix), seed);
    }

    private static double CheckAlpha(double alpha, string name) =>
        double.IsFinite(alpha) && alpha > 0 ? alpha : throw new ArgumentOutOfRangeException(name, alpha, "Alpha must be a finite number above 0.");

    private static DerivedDataset Mix(Dataset dataset, BatchMixing mixing, int seed) =>
        Change(dataset, seed, (batch, batchSeed) => mixing.Apply(batch, new SampleRandom(batchSeed)));

    // The seed of a batch follows from the pass and the batch's place in it.
    private static DerivedDataset Change(Dataset dataset, int seed, Func<Batch, ulong, Batch> change)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new DerivedDataset(dataset.Cardinality, dataset.IsEndless, (pass, skip, cancellationToken) =>
        {
            ulong passSeed = RandomNumbers.Split((ulong)seed, (ulong)pass);
            return dataset.Read(pass, skip, cancellationToken).Select((batch, i) => change(batch, RandomNumbers.Split(passSeed, (ulong)(skip + i))));
        });
    }
}
