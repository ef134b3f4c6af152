using VggTransfer.Keras.Models;
using VggTransfer.Models;

namespace VggTransfer.Keras.Vgg;

/// <summary>A model as a <see cref="VggModel"/>, and the other way round.</summary>
public static class VggConversion
{
    /// <summary>
    /// The network as a <see cref="VggModel"/>, from which it goes to ONNX, safetensors and .pth files, feature extraction
    /// and classification. Convolutions, batch norms, activations, pools and dense layers must be those of a VGG, in any of
    /// Keras's spellings; dropout is kept as the architecture's, a last softmax is left out (a VGG's output is its logits),
    /// and a first <c>Rescaling</c> by 1/255 becomes the preprocessing.
    /// </summary>
    /// <param name="model">A model of a VGG's layers.</param>
    /// <param name="preprocessing">How pixels were normalised before they came into the model; null for unknown, or for what its Rescaling says.</param>
    /// <param name="labels">The names of the classes, in the order of the last layer.</param>
    /// <param name="provenance">Where the weights come from.</param>
    /// <param name="includeTop">Whether the dense part is wanted too; without it, any other head may stand there.</param>
    /// <returns>The model, with copies of the weights in 4-byte floating point.</returns>
    /// <exception cref="NotSupportedException">The model is no VGG; the message names the first layer that doesn't fit.</exception>
    /// <exception cref="ArgumentException">The labels aren't as many as the classes, or the preprocessing contradicts the Rescaling.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public static VggModel ToVggModel(this Model model, PreprocessingFamily? preprocessing = null, IReadOnlyList<string>? labels = null, ModelProvenance? provenance = null, bool includeTop = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireBuilt();
        return VggExport.ToVggModel(model, preprocessing, labels, provenance ?? new ModelProvenance(), includeTop);
    }

    /// <summary>
    /// Takes the weights of a VGG: all convolutions, with their batch norms, and as many of the dense layers, from the first
    /// one on, as have the same sizes.
    /// </summary>
    /// <param name="model">A model of a VGG's layers.</param>
    /// <param name="weights">The weights, of any source; not kept.</param>
    /// <returns>The names of the layers with weights that were not loaded: the model's own head.</returns>
    /// <exception cref="ArgumentException">The model's convolutions aren't those of the weights; the message names the first that differs. Nothing was replaced.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public static IReadOnlyList<string> LoadWeights(this Model model, VggModel weights)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        model.RequireBuilt();
        return VggImport.Load(model, weights);
    }
}
