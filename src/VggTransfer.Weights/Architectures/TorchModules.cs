using System.Globalization;

namespace VggTransfer.Architectures;

/// <summary>torchvision's names for a VGG's modules, which are this library's names for its tensors.</summary>
internal static class TorchModules
{
    /// <summary>The list of the convolutions, their batch norms, activations and pools.</summary>
    public const string Features = "features.";

    /// <summary>The list of the dense layers, their activations and dropouts.</summary>
    public const string Classifier = "classifier.";

    // Linear 0, activation 1, dropout 2, linear 3, activation 4, dropout 5, linear 6.
    private const int ModulesPerDenseLayer = 3;

    /// <summary>A module among the convolutions: <c>features.0</c>.</summary>
    /// <param name="index">Its place, activations and pools counted.</param>
    public static string Feature(int index) => string.Create(CultureInfo.InvariantCulture, $"{Features}{index}");

    /// <summary>The place of a module among the convolutions.</summary>
    /// <param name="module">A name that <see cref="Feature"/> gives.</param>
    public static int FeatureIndex(string module) => int.Parse(module.AsSpan(Features.Length), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A dense layer: <c>classifier.0</c>, <c>classifier.3</c> and so on.</summary>
    /// <param name="layer">Its place among the dense layers, from 0.</param>
    public static string Dense(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Classifier}{ModulesPerDenseLayer * layer}");

    /// <summary>The dropout behind a hidden dense layer.</summary>
    /// <param name="layer">The dense layer's place among the dense layers, from 0.</param>
    public static string Dropout(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Classifier}{(ModulesPerDenseLayer * layer) + 2}");
}
