using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.Engine;

/// <summary>Chooses the engine.</summary>
internal static class NetworkFactory
{
    /// <summary>The engine for a built model, with initial weights.</summary>
    public static INetwork Create(Model model, ExecutionOptions options) => throw new NotSupportedException($"{model.Name}: {options}");
}
