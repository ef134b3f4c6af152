namespace VggTransfer.Keras.Layers;

/// <summary>An elementwise function, or the softmax, by Keras's name (keras/src/activations.py).</summary>
internal enum ActivationFunction
{
    Linear,
    ReLU,
    Softmax,
    Sigmoid,
    Tanh,
}

/// <summary>Keras's names of the activations.</summary>
internal static class Activations
{
    /// <exception cref="ArgumentException">There is no such activation.</exception>
    public static ActivationFunction Find(string? name) => name switch
    {
        null or "linear" => ActivationFunction.Linear,
        "relu" => ActivationFunction.ReLU,
        "softmax" => ActivationFunction.Softmax,
        "sigmoid" => ActivationFunction.Sigmoid,
        "tanh" => ActivationFunction.Tanh,
        _ => throw new ArgumentException($"There is no activation '{name}'; there are linear, relu, softmax, sigmoid and tanh.", nameof(name)),
    };
}
