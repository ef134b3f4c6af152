namespace VggTransfer.Keras.Losses;

/// <summary>Keras's names of the losses.</summary>
internal static class LossNames
{
    /// <exception cref="ArgumentException">There is no such loss.</exception>
    public static Loss Find(string name) => TryFind(name)
        ?? throw new ArgumentException($"There is no loss '{name}'; there are categorical_crossentropy, sparse_categorical_crossentropy and binary_crossentropy.", nameof(name));

    public static Loss? TryFind(string name) => name switch
    {
        "categorical_crossentropy" or "CategoricalCrossentropy" => new CategoricalCrossentropy(),
        "sparse_categorical_crossentropy" or "SparseCategoricalCrossentropy" => new SparseCategoricalCrossentropy(),
        "binary_crossentropy" or "BinaryCrossentropy" => new BinaryCrossentropy(),
        _ => null,
    };
}
