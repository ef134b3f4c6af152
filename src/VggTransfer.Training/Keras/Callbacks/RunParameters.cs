namespace VggTransfer.Keras.Callbacks;

/// <summary>What a run is going to do, as callbacks see it.</summary>
public sealed record RunParameters
{
    /// <summary>What is printed.</summary>
    public Verbosity Verbose { get; init; }

    /// <summary>The number of the last epoch, counted from 1 with the initial one.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Steps in an epoch; null if they aren't known yet.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Whether an interrupted training goes on: what callbacks remember is restored after <see cref="Callback.OnTrainBegin"/>,
    /// and what they wrote to files must stay there.
    /// </summary>
    public bool Resuming { get; init; }
}

/// <summary>What is printed while a model is trained.</summary>
public enum Verbosity
{
    /// <summary>Nothing. Keras: 0.</summary>
    Silent = 0,

    /// <summary>A progress bar. Keras: 1, and "auto".</summary>
    ProgressBar = 1,

    /// <summary>A line for each epoch. Keras: 2.</summary>
    OneLine = 2,
}
