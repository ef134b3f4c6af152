using VggTransfer.Architectures;
using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Vgg;

/// <summary>A VGG as a list of layers, to put behind layers of one's own; <see cref="Applications"/> makes whole models.</summary>
public static class VggLayers
{
    /// <summary>The layers from the first convolution to the predictions, where the architecture has them.</summary>
    /// <param name="architecture">What to build; its input size plays no part.</param>
    /// <param name="options">Names, initial values and penalties.</param>
    /// <param name="inputShape">For the first convolution to declare; null where an input comes before it.</param>
    public static IEnumerable<Layer> Create(VggArchitecture architecture, VggModelOptions options, (int Height, int Width, int Channels)? inputShape = null)
    {
        bool named = options.Naming == SummaryStyle.Applications;
        foreach (VggLayer layer in architecture.Layers)
        {
            string? name = named ? layer.Name : null;
            switch (layer.Kind)
            {
                case VggLayerKind.Convolution:
                    yield return new Conv2D(
                        layer.Output.Channels,
                        (layer.KernelSize, layer.KernelSize),
                        padding: "same",
                        activation: layer.HasReLU ? "relu" : null,
                        kernelInitializer: options.KernelInitializer,
                        kernelRegularizer: options.ConvolutionRegularizer,
                        inputShape: inputShape,
                        name: name);
                    inputShape = null;
                    break;
                case VggLayerKind.BatchNormalization:
                    yield return new BatchNormalization(options.BatchNormMomentum, architecture.BatchNormEpsilon, name: name);
                    yield return new Activation("relu", name?.Replace("_bn", "_relu", StringComparison.Ordinal));
                    break;
                case VggLayerKind.MaxPooling:
                    yield return new MaxPooling2D((2, 2), (2, 2), name: name);
                    break;
                case VggLayerKind.Flatten:
                    yield return new Flatten(name);
                    break;
                case VggLayerKind.Dense:
                    yield return new Dense(
                        layer.Output.Channels,
                        layer.HasReLU ? "relu" : options.ClassifierActivation,
                        kernelInitializer: options.KernelInitializer,
                        name: name);
                    break;
                case VggLayerKind.Dropout:
                    yield return new Dropout(architecture.Dropout, name);
                    break;
                default:
                    throw new InvalidOperationException($"A VGG's table has a layer of the unknown kind {layer.Kind}.");
            }
        }
    }
}
