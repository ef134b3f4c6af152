namespace VggTransfer.Keras.Optimizers;

/// <summary>Keras's names of the optimizers; they don't mind case.</summary>
internal static class OptimizerNames
{
    /// <exception cref="ArgumentException">There is no such optimizer.</exception>
    public static Optimizer Find(string name) => name.ToLowerInvariant() switch
    {
        "sgd" => new SGD(),
        "adam" => new Adam(),
        "adamw" => new AdamW(),
        "rmsprop" => new RMSprop(),
        "adagrad" => new Adagrad(),
        _ => throw new ArgumentException($"There is no optimizer '{name}'; there are sgd, adam, adamw, rmsprop and adagrad.", nameof(name)),
    };
}
