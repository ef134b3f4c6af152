using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Keras.Vgg;

/// <summary>A model's layers and weights in the terms that <see cref="ChainRecognition"/> takes.</summary>
internal sealed class VggChain(Model model, bool includeTop)
{
    private readonly List<ChainStep> _steps = [];
    private double? _dropout;

    /// <summary>Reads the weights out of the model and describes what its layers do.</summary>
    public LayerChain Create()
    {
        (string Path, Layer Layer)[] layers = [.. model.LayerPaths];
        int end = includeTop ? layers.Length : EndOfConvolutions(layers);
        for (int i = 0; i < end; i++)
        {
            Add(layers[i].Path, layers[i].Layer, isFirst: i == 0 || layers[..i].All(before => before.Layer is Input));
        }

        IReadOnlyList<int> input = model.InputShape;
        return new LayerChain(model.Name, "model", _steps)
        {
            Height = input.Count == 3 ? input[0] : null,
            Width = input.Count == 3 ? input[1] : null,
            Dropout = _dropout ?? 0,
        };
    }

    /// <summary>Behind the last convolution and what belongs to it: batch norm, activation, pool.</summary>
    private static int EndOfConvolutions((string Path, Layer Layer)[] layers)
    {
        int end = Array.FindLastIndex(layers, layer => layer.Layer is Conv2D) + 1;
        while (end < layers.Length && layers[end].Layer is BatchNormalization or Activation or ReLU or MaxPooling2D)
        {
            end++;
        }

        return end;
    }

    private void Add(string path, Layer layer, bool isFirst)
    {
        switch (layer)
        {
            case Input:
            case Rescaling when isFirst:
                break;
            case Conv2D convolution:
                AddConvolution(path, convolution);
                break;
            case Dense dense:
                _steps.Add(new DenseStep(path, Tensor(path, "kernel"), IsInputByOutput: true, dense.UseBias ? Tensor(path, "bias") : null));
                AddActivation(path, dense.Activation);
                break;
            case BatchNormalization norm:
                _steps.Add(new BatchNormStep(
                    path,
                    norm.Scale ? Tensor(path, "gamma") : null,
                    norm.Center ? Tensor(path, "beta") : null,
                    Tensor(path, "moving_mean"),
                    Tensor(path, "moving_variance"),
                    norm.Epsilon));
                break;
            case Activation activation:
                AddActivation(path, activation.Function);
                break;
            case ReLU:
                AddActivation(path, ActivationFunction.ReLU);
                break;
            case Softmax:
                AddActivation(path, ActivationFunction.Softmax);
                break;
            case MaxPooling2D pool:
                AddPool(path, pool.Window, isMaximum: true);
                break;
            case AveragePooling2D pool:
                AddPool(path, pool.Window, isMaximum: false);
                break;
            case GlobalAveragePooling2D or GlobalMaxPooling2D:
                // Keras's global pools give vectors.
                _steps.Add(new GlobalPoolStep(path, IsMaximum: layer is GlobalMaxPooling2D));
                _steps.Add(new FlattenStep(path, ChannelsLast: true));
                break;
            case Flatten:
                _steps.Add(new FlattenStep(path, ChannelsLast: true));
                break;
            case Dropout dropout:
                _dropout ??= dropout.Rate;
                break;
            default:
                AddForeign(path, $"is a {layer.ClassName}, which a VGG doesn't have there");
                break;
        }
    }

    private void AddConvolution(string path, Conv2D convolution)
    {
        NDArray kernel = model.GetWeight($"{path}/kernel");
        (int top, int bottom, int left, int right) = convolution.Window.Padding(convolution.InputShape[0], convolution.InputShape[1]);
        var rows = new KerasKernel(kernel.Shape[0] * kernel.Shape[1], kernel.Shape[2], kernel.Shape[3], sizeof(float));
        rows.Add(System.Runtime.InteropServices.MemoryMarshal.AsBytes(kernel.ToSingles().AsSpan()));
        _steps.Add(new ConvolutionStep(
            path,
            new ModelTensor($"{path}/kernel", KerasKernel.TorchShape(kernel.Shape), TensorType.Float32, rows.Result),
            convolution.UseBias ? Tensor(path, "bias") : null)
        {
            Strides = [convolution.Window.Strides.Height, convolution.Window.Strides.Width],
            Pads = [top, left, bottom, right],
        });
        AddActivation(path, convolution.Activation);
    }

    private void AddPool(string path, Window window, bool isMaximum)
    {
        bool isPlain = window.Size == (2, 2) && window.Strides == (2, 2);
        _steps.Add(new PoolStep(path, isMaximum, [window.Size.Height, window.Size.Width], [window.Strides.Height, window.Strides.Width])
        {
            HasPadding = window.Same && !isPlain,
            RoundsUp = window.Same,
        });
    }

    private void AddActivation(string path, ActivationFunction function)
    {
        switch (function)
        {
            case ActivationFunction.Linear:
                break;
            case ActivationFunction.ReLU:
                _steps.Add(new ReluStep(path));
                break;
            case ActivationFunction.Softmax:
                _steps.Add(new OutputActivationStep(path, "softmax"));
                break;
            default:
                AddForeign($"{path}'s activation {function.ToString().ToLowerInvariant()}", "is neither ReLU nor a last softmax");
                break;
        }
    }

    private void AddForeign(string name, string difference) =>
        _steps.Add(new ForeignStep(name, difference) { HasWeightsBehind = true });

    private ModelTensor Tensor(string path, string variable)
    {
        NDArray values = model.GetWeight($"{path}/{variable}");
        return ModelTensor.FromFloat32($"{path}/{variable}", values.Shape, values.ToSingles());
    }
}
