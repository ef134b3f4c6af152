using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Backbones;

/// <summary>
/// A frozen network that turns pixels into named feature maps. <see cref="VggBackbone"/> is the one that this library brings;
/// for another network, implement this interface. Its weights stay as they are, so it is safe to use from many threads.
/// </summary>
public interface IBackbone : IDisposable
{
    /// <summary>What people call it, such as <c>VGG16, convolutions only</c>.</summary>
    string DisplayName { get; }

    /// <summary>Where its weights come from.</summary>
    ModelProvenance Provenance { get; }

    /// <summary>The published preprocessing that it needs and applies itself; null if unknown, or if it has one of its own.</summary>
    PreprocessingFamily? Preprocessing => null;

    /// <summary>The side of its input in pixels, unless another is asked for.</summary>
    int InputSize { get; }

    /// <summary>Whether it takes inputs of other sizes than <see cref="InputSize"/>.</summary>
    bool TakesAnySize { get; }

    /// <summary>What is taken as features unless something else is asked for.</summary>
    FeatureLayer DefaultLayer { get; }

    /// <summary>The features worth comparing where the best are to be chosen, fewest first; one where there is nothing to choose.</summary>
    IReadOnlyList<FeatureLayer> LayerCandidates => [DefaultLayer];

    /// <summary>What pictures that are unlike all others are looked for in.</summary>
    FeatureLayer OutlierLayer => DefaultLayer;

    /// <summary>The length of a feature vector.</summary>
    /// <param name="layer">What is taken as features.</param>
    /// <param name="inputSize">The side of the input; null for <see cref="InputSize"/>.</param>
    /// <exception cref="FeatureLayerNotFoundException">It has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentException">It doesn't take inputs of this size.</exception>
    int Dimension(FeatureLayer layer, int? inputSize = null);

    /// <summary>Throws what <see cref="Open"/> would throw because of the options, without the time that loading takes.</summary>
    /// <inheritdoc cref="Open"/>
    void Check(FeatureNetworkOptions options);

    /// <summary>
    /// A text that is another one wherever the same pixels could give other features: it names weights, preprocessing, layer,
    /// arithmetic and the program that computes. Features are kept by it.
    /// </summary>
    /// <param name="options">Layer, input size and arithmetic.</param>
    string Identify(FeatureNetworkOptions options);

    /// <summary>A hash of all its weights: equal for copies of one network.</summary>
    /// <param name="threads">Threads for hashing.</param>
    byte[] HashWeights(int threads);

    /// <summary>Loads the network, ready to run. It doesn't need this backbone afterwards; dispose it.</summary>
    /// <param name="options">Layer, input size and arithmetic.</param>
    /// <exception cref="FeatureLayerNotFoundException">It has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentException">It can't be opened so; the message says what to change.</exception>
    IFeatureNetwork Open(FeatureNetworkOptions options);

    /// <summary>Writes the network as an ONNX graph that takes pixels, which is what a saved model runs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Outputs, input size and arithmetic.</param>
    /// <exception cref="ArgumentException">The options don't fit the network.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    void WriteOnnx(string path, OnnxExportOptions options);
}
