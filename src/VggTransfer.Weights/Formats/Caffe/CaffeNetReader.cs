using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>
/// Reads the messages of caffe.proto that a VGG can need, field by field with the numbers of that file: NetParameter with
/// the layers of version 1 (2014, numbered types) or version 2 (named types).
/// </summary>
internal sealed class CaffeNetReader
{
    private const int MaximumLayers = 2_000;
    private const int MaximumBlobs = 16;
    private const int MaximumConnections = 64;
    private const int MaximumNameBytes = 4_096;
    private const int MaximumDimensions = 16;

    // V1LayerParameter.LayerType, under the names that version 2 gives the same layers.
    private static readonly Dictionary<long, string> s_types = new()
    {
        [1] = "Accuracy", [4] = "Convolution", [5] = "Data", [6] = "Dropout", [8] = "Flatten", [9] = "HDF5Data", [12] = "ImageData", [14] = "InnerProduct",
        [15] = "LRN", [17] = "Pooling", [18] = "ReLU", [19] = "Sigmoid", [20] = "Softmax", [21] = "SoftmaxWithLoss", [22] = "Split", [23] = "TanH",
        [24] = "WindowData", [25] = "Eltwise", [29] = "MemoryData", [32] = "DummyData", [36] = "Silence", [39] = "Deconvolution",
    };

    // Where a layer's parts stand: in version 1, and in version 2.
    private static readonly LayerFields s_version1 = new(Bottom: 2, Top: 3, Name: 4, Type: 5, Blobs: 6, Convolution: 10, Dropout: 12, InnerProduct: 17, Pooling: 19, Transform: 36, Input: -1, BatchNorm: -1);
    private static readonly LayerFields s_version2 = new(Bottom: 3, Top: 4, Name: 1, Type: 2, Blobs: 7, Convolution: 106, Dropout: 108, InnerProduct: 117, Pooling: 121, Transform: 100, Input: 143, BatchNorm: 139);

    private static readonly Dictionary<int, CaffeSetting> s_convolution = new()
    {
        [3] = CaffeSetting.Pad, [9] = CaffeSetting.Pad, [10] = CaffeSetting.Pad, [4] = CaffeSetting.Kernel, [11] = CaffeSetting.Kernel, [12] = CaffeSetting.Kernel,
        [6] = CaffeSetting.Stride, [13] = CaffeSetting.Stride, [14] = CaffeSetting.Stride, [18] = CaffeSetting.Dilation, [5] = CaffeSetting.Group, [16] = CaffeSetting.Axis,
    };

    private static readonly Dictionary<int, CaffeSetting> s_pooling = new()
    {
        [1] = CaffeSetting.PoolMethod, [4] = CaffeSetting.Pad, [9] = CaffeSetting.Pad, [10] = CaffeSetting.Pad, [2] = CaffeSetting.Kernel, [5] = CaffeSetting.Kernel,
        [6] = CaffeSetting.Kernel, [3] = CaffeSetting.Stride, [7] = CaffeSetting.Stride, [8] = CaffeSetting.Stride, [12] = CaffeSetting.GlobalPooling, [13] = CaffeSetting.Dilation,
    };

    private static readonly Dictionary<int, CaffeSetting> s_innerProduct = new() { [5] = CaffeSetting.Axis, [6] = CaffeSetting.Transpose };

    private static readonly Dictionary<int, CaffeSetting> s_transform = new() { [3] = CaffeSetting.CropSize };

    private readonly ProtobufSource _source;
    private readonly List<CaffeLayer> _layers = [];
    private List<long> _inputShape = [];

    private CaffeNetReader(ProtobufSource source) => _source = source;

    /// <summary>Reads a NetParameter.</summary>
    /// <exception cref="InvalidModelFileException">It isn't one, or beyond all bounds.</exception>
    public static CaffeNet Read(ReadOnlyMemory<byte> file, ProtobufSource source)
    {
        var reader = new CaffeNetReader(source);
        string name = reader.ReadNet(new ProtobufReader(file, source));
        return reader._layers.Count > 0
            ? new CaffeNet(name, reader._layers, reader._inputShape)
            : throw source.Fault("it holds no layers, so this is no Caffe model");
    }

    private string ReadNet(ProtobufReader reader)
    {
        string name = "";
        int version = 0;
        while (reader.Next())
        {
            long at = reader.Position;
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadString(MaximumNameBytes, "the net's name");
                    break;
                case 2 or 100:
                    if (version != 0 && version != reader.Field)
                    {
                        throw _source.Fault("it has layers of both versions of the format, of which Caffe itself takes one", at);
                    }

                    version = reader.Field;
                    if (_layers.Count == MaximumLayers)
                    {
                        throw _source.Fault($"it has more than {MaximumLayers:N0} layers, far beyond any VGG", at);
                    }

                    _layers.Add(ReadLayer(reader.ReadMessage(), version == 2 ? s_version1 : s_version2));
                    break;
                case 4:
                    reader.ReadIntegers(_inputShape, MaximumDimensions, "input_dim");
                    break;
                case 8:
                    _inputShape = ReadShape(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return name;
    }

    private CaffeLayer ReadLayer(ProtobufReader reader, LayerFields fields)
    {
        (string name, string type) = ("", "");
        var bottoms = new List<string>();
        var tops = new List<string>();
        var blobs = new List<CaffeBlob>();
        Dictionary<CaffeSetting, IReadOnlyList<long>>? settings = null;
        float? number = null;
        while (reader.Next())
        {
            long at = reader.Position;
            int field = reader.Field;
            if (field == fields.Name)
            {
                name = reader.ReadString(MaximumNameBytes, "a layer's name");
            }
            else if (field == fields.Type)
            {
                type = fields == s_version1 ? TypeName(reader.ReadInteger()) : reader.ReadString(MaximumNameBytes, "a layer's type");
            }
            else if (field == fields.Bottom || field == fields.Top)
            {
                List<string> connections = field == fields.Bottom ? bottoms : tops;
                connections.Add(reader.ReadString(MaximumNameBytes, "a blob's name"));
                if (connections.Count > MaximumConnections)
                {
                    throw _source.Fault($"a layer has more than {MaximumConnections} inputs or outputs", at);
                }
            }
            else if (field == fields.Blobs)
            {
                blobs.Add(ReadBlob(reader.ReadMessage(), reader));
                if (blobs.Count > MaximumBlobs)
                {
                    throw _source.Fault($"a layer has more than {MaximumBlobs} tensors", at);
                }
            }
            else if (field == fields.Convolution || field == fields.Pooling || field == fields.InnerProduct || field == fields.Transform)
            {
                Dictionary<int, CaffeSetting> known = field == fields.Convolution ? s_convolution : field == fields.Pooling ? s_pooling : field == fields.Transform ? s_transform : s_innerProduct;
                ReadSettings(reader.ReadMessage(), known, settings ??= []);
            }
            else if (field == fields.Dropout || field == fields.BatchNorm)
            {
                // dropout_ratio, and batch norm's eps.
                number = ReadNumber(reader.ReadMessage(), field == fields.Dropout ? 1 : 3);
            }
            else if (field == fields.Input)
            {
                _inputShape = ReadInput(reader.ReadMessage());
            }
            else if (field == 1 && fields == s_version1)
            {
                throw _source.Fault("it is in the format of Caffe's first release (version 0); convert it with Caffe's upgrade_net_proto_binary", at);
            }
            else
            {
                reader.Skip();
            }
        }

        return new CaffeLayer { Name = name, Type = type, Bottoms = bottoms, Tops = tops, Blobs = blobs, Settings = settings, Number = number };
    }

    private static string TypeName(long type) => s_types.GetValueOrDefault(type, FormattableString.Invariant($"type {type}"));

    private static CaffeBlob ReadBlob(ProtobufReader message, ProtobufReader parent)
    {
        ReadOnlyMemory<byte> bytes = message.Rest;
        long[] legacy = [0, 0, 0, 0];
        List<long>? shape = null;
        ProtobufReader reader = message;
        while (reader.Next())
        {
            if (reader.Field is >= 1 and <= 4)
            {
                legacy[reader.Field - 1] = reader.ReadInteger();
            }
            else if (reader.Field == 7)
            {
                shape = ReadShape(reader.ReadMessage());
            }
            else
            {
                reader.Skip();
            }
        }

        return new CaffeBlob((IReadOnlyList<long>?)shape ?? legacy, bytes, parent.Position - bytes.Length);
    }

    /// <summary>Reads a BlobShape.</summary>
    private static List<long> ReadShape(ProtobufReader reader)
    {
        var shape = new List<long>();
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                reader.ReadIntegers(shape, MaximumDimensions, "a shape");
            }
            else
            {
                reader.Skip();
            }
        }

        return shape;
    }

    /// <summary>Reads an InputParameter: the shape of its first input.</summary>
    private List<long> ReadInput(ProtobufReader reader)
    {
        List<long>? shape = null;
        while (reader.Next())
        {
            if (reader.Field == 1 && shape is null)
            {
                shape = ReadShape(reader.ReadMessage());
            }
            else
            {
                reader.Skip();
            }
        }

        return shape ?? _inputShape;
    }

    private static void ReadSettings(ProtobufReader reader, Dictionary<int, CaffeSetting> known, Dictionary<CaffeSetting, IReadOnlyList<long>> settings)
    {
        while (reader.Next())
        {
            if (known.TryGetValue(reader.Field, out CaffeSetting setting))
            {
                List<long> values = settings.TryGetValue(setting, out IReadOnlyList<long>? before) ? [.. before] : [];
                reader.ReadIntegers(values, MaximumDimensions, "a layer's setting");
                settings[setting] = values;
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static float? ReadNumber(ProtobufReader reader, int field)
    {
        float? number = null;
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                number = reader.ReadSingle();
            }
            else
            {
                reader.Skip();
            }
        }

        return number;
    }

    private sealed record LayerFields(int Bottom, int Top, int Name, int Type, int Blobs, int Convolution, int Dropout, int InnerProduct, int Pooling, int Transform, int Input, int BatchNorm);
}
