using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>Numbers of a normal distribution. Keras's name is also <c>normal</c>.</summary>
public sealed class RandomNormal : SeededInitializer
{
    /// <param name="mean">The mean.</param>
    /// <param name="stddev">The standard deviation, 0 or more.</param>
    /// <param name="seed">What the values depend on; null for the model's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is no number, or the deviation is negative.</exception>
    public RandomNormal(double mean = 0, double stddev = 0.05, int? seed = null)
        : base(seed)
    {
        Mean = NormalArguments.CheckMean(mean);
        Stddev = NormalArguments.CheckDeviation(stddev);
    }

    /// <summary>The mean.</summary>
    public double Mean { get; }

    /// <summary>The standard deviation.</summary>
    public double Stddev { get; }

    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.Normal(shape, Mean, Stddev, Choose(seed));
}

/// <summary>
/// Numbers of a normal distribution without those that lie more than two standard deviations from the mean; their
/// own standard deviation is therefore only 0.88 times the one given.
/// </summary>
public sealed class TruncatedNormal : SeededInitializer
{
    /// <param name="mean">The mean.</param>
    /// <param name="stddev">The standard deviation before truncation, 0 or more.</param>
    /// <param name="seed">What the values depend on; null for the model's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is no number, or the deviation is negative.</exception>
    public TruncatedNormal(double mean = 0, double stddev = 0.05, int? seed = null)
        : base(seed)
    {
        Mean = NormalArguments.CheckMean(mean);
        Stddev = NormalArguments.CheckDeviation(stddev);
    }

    /// <summary>The mean.</summary>
    public double Mean { get; }

    /// <summary>The standard deviation before truncation.</summary>
    public double Stddev { get; }

    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.TruncatedNormal(shape, Mean, Stddev, Choose(seed));
}

file static class NormalArguments
{
    public static double CheckMean(double mean) =>
        double.IsFinite(mean) ? mean : throw new ArgumentOutOfRangeException(nameof(mean), mean, "The mean must be a finite number.");

    public static double CheckDeviation(double stddev) =>
        double.IsFinite(stddev) && stddev >= 0 ? stddev : throw new ArgumentOutOfRangeException(nameof(stddev), stddev, "The standard deviation must be 0 or more.");
}
