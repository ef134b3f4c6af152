using System.Globalization;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>
/// Follows a net from its image to its output and lists the layers on the way. Layers that work in place have the same
/// blob on both sides; layers of the training (data, loss, accuracy) stand beside the way.
/// </summary>
internal sealed class CaffeChainReader
{
    private readonly ProtobufSource _source;
    private readonly List<ChainStep> _steps = [];
    private readonly HashSet<string> _blobs = new(StringComparer.Ordinal);
    private readonly HashSet<double> _dropouts = [];
    private bool _isVector;

    private CaffeChainReader(ProtobufSource source) => _source = source;

    /// <summary>Reads the chain of a net.</summary>
    /// <exception cref="InvalidModelFileException">A weight on the way isn't sound.</exception>
    public static LayerChain Read(CaffeNet net, ProtobufSource source)
    {
        var reader = new CaffeChainReader(source);
        reader.Follow(net);
        long? crop = net.Layers.Select(layer => layer.Settings?.GetValueOrDefault(CaffeSetting.CropSize)).FirstOrDefault(size => size is [> 0])?[0];
        return new LayerChain(source.Path, source.Format, reader._steps)
        {
            Height = net.InputShape is [_, _, > 0, _] ? net.InputShape[2] : crop,
            Width = net.InputShape is [_, _, _, > 0] ? net.InputShape[3] : crop,
            Dropout = reader._dropouts.Count == 1 ? reader._dropouts.Single() : null,
        };
    }

    private void Follow(CaffeNet net)
    {
        for (int i = 0; i < net.Layers.Count; i++)
        {
            CaffeLayer layer = net.Layers[i];
            if (!IsOnTheWay(layer))
            {
                continue;
            }

            if (layer.Bottoms.Count > 1 && layer.Bottoms.Skip(1).Any(_blobs.Contains))
            {
                _steps.Add(new ForeignStep(layer.Display, "joins branches, and a VGG is a single chain") { HasWeightsBehind = true });
                return;
            }

            if (layer.Type == "Scale" && _steps is [.., BatchNormStep { Scale: null } batchNorm])
            {
                _steps[^1] = batchNorm with { Scale = Blob(layer, 0, 1), Shift = layer.Blobs.Count > 1 ? Blob(layer, 1, 1) : null };
            }
            else
            {
                Add(layer);
            }

            if (_steps is [.., ForeignStep foreign])
            {
                _steps[^1] = foreign with { HasWeightsBehind = net.Layers.Skip(i + 1).Any(later => later.Blobs.Count > 0) };
                return;
            }

            // Behind a layer only its own output leads on; a second one that takes the same input is a branch.
            if (layer.Tops.Count > 0 && layer.Type != "Split")
            {
                if (Forks(net, i))
                {
                    return;
                }

                _blobs.Clear();
            }

            _blobs.UnionWith(layer.Tops);
        }
    }

    /// <summary>Whether a later layer with weights takes what this one takes, although it works on a copy.</summary>
    private bool Forks(CaffeNet net, int index)
    {
        CaffeLayer layer = net.Layers[index];
        if (layer.Bottoms.Count == 0 || layer.Tops.Contains(layer.Bottoms[0]))
        {
            return false;
        }

        CaffeLayer? other = net.Layers.Skip(index + 1).FirstOrDefault(later => later.Blobs.Count > 0 && later.Bottoms.Any(bottom => _blobs.Contains(bottom) || layer.Bottoms.Contains(bottom)));
        if (other is not null)
        {
            _steps.RemoveAt(_steps.Count - 1);
            _steps.Add(new ForeignStep($"blob '{MessageText.Shorten(layer.Bottoms[0])}'", $"feeds both {layer.Display} and {other.Display}") { HasWeightsBehind = true });
        }

        return other is not null;
    }

    private bool IsOnTheWay(CaffeLayer layer)
    {
        if (layer.Type is "Data" or "ImageData" or "HDF5Data" or "MemoryData" or "WindowData" or "DummyData" or "Input" or "Python" or "Accuracy" or "Silence" or "SoftmaxWithLoss" or "Loss" or "")
        {
            return false;
        }

        // The first layer with weights decides what the image's blob is called; layers that a tool left without
        // connections follow each other.
        return _blobs.Count == 0 ? layer.Type is not ("Split" or "Flatten") || layer.Bottoms.Count == 0 : layer.Bottoms.Count == 0 || layer.Bottoms.Any(_blobs.Contains);
    }

    private void Add(CaffeLayer layer)
    {
        switch (layer.Type)
        {
            case "Convolution":
                AddConvolution(layer);
                break;
            case "BatchNorm":
                AddBatchNorm(layer);
                break;
            case "ReLU":
                _steps.Add(new ReluStep(layer.Display));
                break;
            case "Pooling":
                AddPool(layer);
                break;
            case "InnerProduct":
                AddInnerProduct(layer);
                break;
            case "Dropout":
                double rate = double.Parse((layer.Number ?? 0.5f).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                if (_isVector)
                {
                    _dropouts.Add(rate);
                }

                break;
            case "Split":
                break;
            case "Flatten":
                AddFlatten(layer);
                break;
            case "Softmax" or "Sigmoid" when _isVector:
                _steps.Add(new OutputActivationStep(layer.Display, layer.Type));
                break;
            default:
                _steps.Add(new ForeignStep(layer.Display, "is no layer of a VGG, or stands where a VGG has none"));
                break;
        }
    }

    private void AddConvolution(CaffeLayer layer)
    {
        IReadOnlyList<long> pads = Pair(layer, CaffeSetting.Pad, 0);
        _steps.Add(new ConvolutionStep(layer.Display, Blob(layer, 0, 4), layer.Blobs.Count > 1 ? Blob(layer, 1, 1) : null)
        {
            // A file that says nothing at all about its convolutions holds weights only, and leaves the rest to a prototxt.
            Pads = layer.Settings is null ? null : [pads[0], pads[1], pads[0], pads[1]],
            Strides = Pair(layer, CaffeSetting.Stride, 1),
            Dilations = Pair(layer, CaffeSetting.Dilation, 1),
            Groups = Setting(layer, CaffeSetting.Group, 1),
        });
    }

    /// <summary>Caffe keeps sums: mean and variance are to be divided by the third blob. gamma and beta are a Scale layer's.</summary>
    private void AddBatchNorm(CaffeLayer layer)
    {
        if (layer.Blobs.Count != 3)
        {
            _steps.Add(new ForeignStep(layer.Display, "has not the three tensors of Caffe's batch norm"));
            return;
        }

        float sum = Blob(layer, 2, 1).ToSingles()[0];
        double epsilon = double.Parse((layer.Number ?? 1e-5f).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        _steps.Add(new BatchNormStep(layer.Display, null, null, Divide(Blob(layer, 0, 1), sum), Divide(Blob(layer, 1, 1), sum), epsilon));
    }

    private static ModelTensor Divide(ModelTensor tensor, float divisor) =>
        divisor == 1 ? tensor : ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(value => divisor == 0 ? 0 : value / divisor)]);

    private void AddPool(CaffeLayer layer)
    {
        long method = Setting(layer, CaffeSetting.PoolMethod, 0);
        if (method is not (0 or 1) || Pair(layer, CaffeSetting.Dilation, 1).Any(dilation => dilation != 1))
        {
            _steps.Add(new ForeignStep(layer.Display, "pools in a way that a VGG doesn't"));
        }
        else if (Setting(layer, CaffeSetting.GlobalPooling, 0) != 0)
        {
            _steps.Add(new GlobalPoolStep(layer.Display, method == 0));
        }
        else
        {
            _steps.Add(new PoolStep(layer.Display, method == 0, Pair(layer, CaffeSetting.Kernel, 0), Pair(layer, CaffeSetting.Stride, 1))
            {
                HasPadding = Pair(layer, CaffeSetting.Pad, 0).Any(pad => pad != 0),

                // Unlike the other frameworks, Caffe's pools always do.
                RoundsUp = true,
            });
        }
    }

    private void AddInnerProduct(CaffeLayer layer)
    {
        if (Setting(layer, CaffeSetting.Axis, 1) != 1)
        {
            _steps.Add(new ForeignStep(layer.Display, "multiplies along another axis than 1"));
            return;
        }

        // Inner products flatten what comes in by themselves, in channel, row, column order.
        AddFlatten(layer);
        _steps.Add(new DenseStep(layer.Display, Blob(layer, 0, 2), Setting(layer, CaffeSetting.Transpose, 0) != 0, layer.Blobs.Count > 1 ? Blob(layer, 1, 1) : null));
    }

    private void AddFlatten(CaffeLayer layer)
    {
        if (!_isVector)
        {
            _steps.Add(new FlattenStep(layer.Display, ChannelsLast: false));
            _isVector = true;
        }
    }

    private ModelTensor Blob(CaffeLayer layer, int index, int rank) => index < layer.Blobs.Count
        ? CaffeBlobData.Tensor(layer.Blobs[index], $"{layer.Name}[{index}]", rank, _source)
        : throw _source.Fault($"{layer.Display} has no weights; this is the description of a net (a prototxt in binary form), so take the trained .caffemodel");

    private static long Setting(CaffeLayer layer, CaffeSetting setting, long absent) =>
        layer.Settings?.GetValueOrDefault(setting) is [.., { } value] ? value : absent;

    /// <summary>Rows and columns; one number stands for both.</summary>
    private static IReadOnlyList<long> Pair(CaffeLayer layer, CaffeSetting setting, long absent) => layer.Settings?.GetValueOrDefault(setting) switch
    {
        [{ } both] => [both, both],
        [{ } rows, { } columns] => [rows, columns],
        { Count: > 2 } more => more,
        _ => [absent, absent],
    };
}
