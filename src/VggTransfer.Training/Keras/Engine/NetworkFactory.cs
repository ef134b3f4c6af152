using VggTransfer.Keras.Engine.Torch;
using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.Engine;

/// <summary>Chooses the engine.</summary>
internal static class NetworkFactory
{
    /// <summary>The engine for a built model, with initial weights.</summary>
    /// <exception cref="TrainingEngineNotFoundException">The native library isn't there.</exception>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static INetwork Create(Model model, ExecutionOptions options) => new TorchNetwork(model, options);
}
