using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Protobuf;

namespace VggTransfer.Tests.Caffe;

/// <summary>How a net is written.</summary>
internal sealed record CaffeStyle
{
    /// <summary>1 (numbered types, as Oxford's release) or 2 (named types).</summary>
    public int Version { get; init; } = 1;

    /// <summary>How numbers are stored: <c>packed</c>, <c>unpacked</c>, <c>pieces</c> or <c>double</c>.</summary>
    public string Storage { get; init; } = "packed";

    /// <summary>Shapes as BlobShape instead of num, channels, height and width.</summary>
    public bool Shapes { get; init; }

    /// <summary>The net's name.</summary>
    public string Name { get; init; } = "net";

    /// <summary>Data, label, loss and splits around the network, as a net saved in training has them.</summary>
    public bool Training { get; init; }

    /// <summary>Whether convolutions and pools say how they work.</summary>
    public bool HasSettings { get; init; } = true;

    /// <summary>Exchanges layers: given each with its name.</summary>
    public Func<CaffeTestLayer, CaffeTestLayer>? Edit { get; init; }
}

/// <summary>A layer before it is written; <see cref="Setting"/> stands in the field of its type's settings.</summary>
internal sealed record CaffeTestLayer(string Name, string Type, string Bottom, string Top, ProtoMessage? Setting = null, params ModelTensor[] Blobs);

/// <summary>
/// Writes a model as a <c>.caffemodel</c>, with the field numbers of BVLC's caffe.proto and the layer names of Oxford's
/// release.
/// </summary>
internal static class CaffeTestNet
{
    private static readonly Dictionary<string, (int Type, int SettingV1, int SettingV2)> s_types = new()
    {
        ["Convolution"] = (4, 10, 106), ["Dropout"] = (6, 12, 108), ["InnerProduct"] = (14, 17, 117), ["Pooling"] = (17, 19, 121), ["ReLU"] = (18, 30, 123),
        ["Softmax"] = (20, 39, 125), ["Split"] = (22, 0, 0), ["ImageData"] = (12, 15, 115), ["SoftmaxWithLoss"] = (21, 0, 0), ["Accuracy"] = (1, 27, 102),
        ["LRN"] = (15, 18, 118), ["TanH"] = (23, 37, 127), ["BatchNorm"] = (0, 0, 139), ["Scale"] = (0, 0, 142),
    };

    public static byte[] Write(VggModel model, CaffeStyle style)
    {
        var net = new ProtoMessage().String(1, style.Name);
        if (!style.Training)
        {
            int side = model.Architecture.InputSize;
            net.String(3, "data").Integers(4, packed: false, 10, 3, side, side);
        }

        foreach (CaffeTestLayer layer in Layers(model, style))
        {
            net.Message(style.Version == 1 ? 2 : 100, Layer(style.Edit?.Invoke(layer) ?? layer, style));
        }

        return net.ToArray();
    }

    private static IEnumerable<CaffeTestLayer> Layers(VggModel model, CaffeStyle style)
    {
        string value = "data";
        if (style.Training)
        {
            yield return new("data", "ImageData", "", "data");
        }

        int convolution = 0;
        foreach (VggLayer layer in model.Architecture.Layers)
        {
            ModelTensor[] tensors = [.. layer.Tensors.Select(tensor => model.Tensors[tensor.Name])];
            string oxford = layer.Name.Replace("block", layer.Kind == VggLayerKind.MaxPooling ? "pool" : "conv", StringComparison.Ordinal).Replace("_conv", "_", StringComparison.Ordinal).Replace("_pool", "", StringComparison.Ordinal);
            switch (layer.Kind)
            {
                case VggLayerKind.Convolution:
                    convolution++;
                    var setting = new ProtoMessage().Integer(1, layer.Output.Channels).Integers(3, packed: false, layer.KernelSize / 2).Integers(4, packed: false, layer.KernelSize);
                    yield return new(oxford, "Convolution", value, oxford, style.HasSettings ? setting : null, tensors);
                    value = oxford;
                    if (layer.HasReLU)
                    {
                        yield return new($"relu{oxford[4..]}", "ReLU", value, value);
                    }

                    break;
                case VggLayerKind.BatchNormalization:
                    // Caffe keeps sums, and the number of summands beside them.
                    const float Summands = 4;
                    ModelTensor Times(ModelTensor tensor) => ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(number => number * Summands)]);
                    yield return new($"{oxford}_bn", "BatchNorm", value, value, null, Times(tensors[2]), Times(tensors[3]), ModelTensor.FromFloat32("n", [1], [Summands]));
                    yield return new($"{oxford}_scale", "Scale", value, value, null, tensors[0], tensors[1]);
                    yield return new($"relu{convolution}", "ReLU", value, value);
                    break;
                case VggLayerKind.MaxPooling:
                    yield return new(oxford, "Pooling", value, oxford, new ProtoMessage().Integer(1, 0).Integer(2, 2).Integer(3, 2));
                    value = oxford;
                    break;
                case VggLayerKind.Dense:
                    string name = layer.Name == "predictions" ? "fc8" : $"fc{int.Parse(layer.Name[2..]) + 5}";
                    yield return new(name, "InnerProduct", value, name, null, tensors);
                    value = name;
                    if (layer.HasReLU)
                    {
                        yield return new($"relu{name[2..]}", "ReLU", value, value);
                    }

                    break;
                case VggLayerKind.Dropout:
                    yield return new($"drop{value[2..]}", "Dropout", value, value, new ProtoMessage().Single(1, (float)model.Architecture.Dropout));
                    break;
                default:
                    break;
            }
        }

        if (style.Training)
        {
            yield return new("split", "Split", value, "split_0");
            yield return new("loss", "SoftmaxWithLoss", "split_0", "loss");
            yield return new("accuracy", "Accuracy", "split_0", "accuracy");
        }
        else
        {
            yield return new("prob", "Softmax", value, "prob");
        }
    }

    private static ProtoMessage Layer(CaffeTestLayer layer, CaffeStyle style)
    {
        bool first = style.Version == 1;
        (int type, int settingV1, int settingV2) = s_types.GetValueOrDefault(layer.Type);
        var message = new ProtoMessage();
        if (first)
        {
            if (layer.Bottom.Length > 0)
            {
                message.String(2, layer.Bottom);
            }

            message.String(3, layer.Top).String(4, layer.Name).Integer(5, type);
        }
        else
        {
            message.String(1, layer.Name).String(2, layer.Type);
            if (layer.Bottom.Length > 0)
            {
                message.String(3, layer.Bottom);
            }

            message.String(4, layer.Top);
        }

        foreach (ModelTensor blob in layer.Blobs)
        {
            message.Message(first ? 6 : 7, Blob(blob, style));
        }

        return layer.Setting is null ? message : message.Message(first ? settingV1 : settingV2, layer.Setting);
    }

    private static ProtoMessage Blob(ModelTensor tensor, CaffeStyle style)
    {
        var blob = new ProtoMessage();
        if (style.Shapes)
        {
            blob.Message(7, new ProtoMessage().Integers(1, packed: true, tensor.Shape.Select(side => (long)side)));
        }
        else
        {
            long[] shape = [.. Enumerable.Repeat(1L, 4 - tensor.Shape.Count), .. tensor.Shape.Select(side => (long)side)];
            for (int i = 0; i < 4; i++)
            {
                blob.Integer(i + 1, shape[i]);
            }
        }

        switch (style.Storage)
        {
            case "unpacked":
                foreach (float value in tensor.ToSingles())
                {
                    blob.Single(5, value);
                }

                break;
            case "pieces":
                int half = tensor.Data.Length / 8 * 4;
                blob.Bytes(5, tensor.Data.Span[..half]).Bytes(5, tensor.Data.Span[half..]);
                break;
            case "double":
                blob.Bytes(8, MemoryMarshal.AsBytes<double>([.. tensor.ToSingles().Select(value => (double)value)]));
                break;
            default:
                blob.Bytes(5, tensor.Data.Span);
                break;
        }

        return blob;
    }
}
