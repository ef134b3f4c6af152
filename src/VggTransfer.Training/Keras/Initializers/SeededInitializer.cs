namespace VggTransfer.Keras.Initializers;

/// <summary>An initializer whose values are random.</summary>
public abstract class SeededInitializer : Initializer
{
    private protected SeededInitializer(int? seed) => Seed = seed;

    /// <summary>
    /// What the values depend on; null for the model's seed and the weight's place in the model. With a seed, weights of
    /// one shape get the same values, as in Keras.
    /// </summary>
    public int? Seed { get; }

    /// <summary>The seed in use: the initializer's own, or else the weight's.</summary>
    private protected ulong Choose(ulong seed) => Seed is { } own ? unchecked((ulong)own) : seed;
}
