namespace VggTransfer.Keras.Optimizers;

/// <summary>What all optimizers have in common beside the learning rate (keras/src/optimizers/optimizer.py).</summary>
internal sealed record UpdateOptions
{
    public double? WeightDecay { get; init; }

    public double? Clipnorm { get; init; }

    public double? Clipvalue { get; init; }

    public double? GlobalClipnorm { get; init; }

    public bool UseEma { get; init; }

    public double EmaMomentum { get; init; } = 0.99;

    public int? EmaOverwriteFrequency { get; init; }

    /// <summary>Checks the ranges and what excludes one another.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public UpdateOptions Checked()
    {
        NotNegative(WeightDecay, "weightDecay");
        NotNegative(Clipnorm, "clipnorm");
        NotNegative(Clipvalue, "clipvalue");
        NotNegative(GlobalClipnorm, "globalClipnorm");
        if (Clipnorm is not null && GlobalClipnorm is not null)
        {
            throw new ArgumentException("An optimizer takes clipnorm or globalClipnorm, not both.");
        }

        if (EmaMomentum is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(EmaMomentum), EmaMomentum, "emaMomentum must be 0 to 1.");
        }

        if (EmaOverwriteFrequency < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(EmaOverwriteFrequency), EmaOverwriteFrequency, "emaOverwriteFrequency must be 1 or more, or null for never.");
        }

        return this;
    }

    private static void NotNegative(double? value, string name)
    {
        if (value is { } given && !(given >= 0 && double.IsFinite(given)))
        {
            throw new ArgumentOutOfRangeException(name, given, $"{name} must be 0 or more, or null for none.");
        }
    }
}
