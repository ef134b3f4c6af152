using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Element types of onnx.proto (<c>TensorProto.DataType</c>).</summary>
internal enum OnnxElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    BFloat16 = 16,
}

/// <summary>
/// The few messages of onnx.proto that a graph needs, written field by field with the numbers of that file. Small
/// messages are built in memory; tensors' data are only referred to, so a model is never held twice.
/// </summary>
internal static class OnnxProto
{
    // AttributeProto.AttributeType
    private const int TypeInt = 2;
    private const int TypeTensor = 4;
    private const int TypeInts = 7;

    /// <param name="operation">The operator's name; one of another domain than ONNX's own has that before a colon (<c>com.microsoft:QGemm</c>).</param>
    /// <param name="inputs">The values it takes; empty for an optional one that is left out.</param>
    /// <param name="output">The value it gives; the node is named like it.</param>
    /// <param name="attributes">Its attributes.</param>
    public static byte[] Node(string operation, IEnumerable<string> inputs, string output, params byte[][] attributes) => Message(o =>
    {
        string[] parts = operation.Split(':');
        foreach (string input in inputs)
        {
            String(o, 1, input);
        }

        String(o, 2, output);
        String(o, 3, output);
        String(o, 4, parts[^1]);
        foreach (byte[] attribute in attributes)
        {
            Bytes(o, 5, attribute);
        }

        if (parts.Length > 1)
        {
            String(o, 7, parts[0]);
        }
    });

    /// <summary>
    /// A NodeProto of operator Constant up to and including the length of its tensor's raw data, which must follow at
    /// once. The fields stand in the one order that lets the data come last.
    /// </summary>
    public static byte[] ConstantHeader(string output, OnnxElementType type, IEnumerable<int> shape, int dataLength)
    {
        byte[] tensor = TensorHeader(output, type, shape, dataLength);
        byte[] attributeStart = Message(o =>
        {
            String(o, 1, "value");
            Integer(o, 20, TypeTensor);
        });
        byte[] attribute = [.. attributeStart, .. FieldHeader(5, (long)tensor.Length + dataLength), .. tensor];
        byte[] nodeStart = Message(o =>
        {
            String(o, 2, output);
            String(o, 3, output);
            String(o, 4, "Constant");
        });
        return [.. nodeStart, .. FieldHeader(5, (long)attribute.Length + dataLength), .. attribute];
    }

    public static byte[] Attribute(string name, long value) => Message(o =>
    {
        String(o, 1, name);
        Integer(o, 3, value);
        Integer(o, 20, TypeInt);
    });

    public static byte[] Attribute(string name, params long[] values) => Message(o =>
    {
        String(o, 1, name);
        foreach (long value in values)
        {
            Integer(o, 8, value);
        }

        Integer(o, 20, TypeInts);
    });

    /// <summary>A graph input or output; a dimension of null is the batch, "N".</summary>
    public static byte[] ValueInfo(string name, OnnxElementType type, params long?[] shape)
    {
        byte[] shapeProto = Message(o =>
        {
            foreach (long? dimension in shape)
            {
                Bytes(o, 1, Message(d =>
                {
                    if (dimension is long value)
                    {
                        Integer(d, 1, value);
                    }
                    else
                    {
                        String(d, 2, "N");
                    }
                }));
            }
        });
        byte[] tensorType = Message(o =>
        {
            Integer(o, 1, (int)type);
            Bytes(o, 2, shapeProto);
        });
        return Message(o =>
        {
            String(o, 1, name);
            Bytes(o, 2, Message(t => Bytes(t, 1, tensorType)));
        });
    }

    /// <summary>A TensorProto up to and including the length of its raw data, which must follow at once.</summary>
    public static byte[] TensorHeader(string name, OnnxElementType type, IEnumerable<int> shape, int dataLength) => Message(o =>
    {
        foreach (int dimension in shape)
        {
            Integer(o, 1, dimension);
        }

        Integer(o, 2, (int)type);
        String(o, 8, name);
        o.WriteTag(9, WireFormat.WireType.LengthDelimited);
        o.WriteLength(dataLength);
    });

    /// <summary>A whole TensorProto whose data lie in another file.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The type of its numbers.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="location">The other file's name, relative to the model's folder.</param>
    /// <param name="offset">Where the data begin, in bytes.</param>
    /// <param name="dataLength">How many bytes they take.</param>
    public static byte[] ExternalTensor(string name, OnnxElementType type, IEnumerable<int> shape, string location, long offset, int dataLength) =>
    [
        .. Message(o =>
        {
            foreach (int dimension in shape)
            {
                Integer(o, 1, dimension);
            }

            Integer(o, 2, (int)type);
            String(o, 8, name);
        }),
        .. ExternalData(location, offset, dataLength),
    ];

    /// <summary>The fields of a TensorProto that say where its data lie.</summary>
    /// <param name="location">The other file's name, relative to the model's folder.</param>
    /// <param name="offset">Where the data begin, in bytes.</param>
    /// <param name="dataLength">How many bytes they take.</param>
    public static byte[] ExternalData(string location, long offset, long dataLength) => Message(o =>
    {
        const int External = 1;
        Bytes(o, 13, StringEntry("location", location));
        Bytes(o, 13, StringEntry("offset", offset.ToString(CultureInfo.InvariantCulture)));
        Bytes(o, 13, StringEntry("length", dataLength.ToString(CultureInfo.InvariantCulture)));
        Integer(o, 14, External);
    });

    public static byte[] OperatorSet(string domain, long version) => Message(o =>
    {
        String(o, 1, domain);
        Integer(o, 2, version);
    });

    public static byte[] StringEntry(string key, string value) => Message(o =>
    {
        String(o, 1, key);
        String(o, 2, value);
    });

    /// <summary>Tag and length of a field that holds a message of <paramref name="length"/> bytes.</summary>
    public static byte[] FieldHeader(int field, long length) => Message(o =>
    {
        o.WriteTag(field, WireFormat.WireType.LengthDelimited);
        o.WriteUInt64((ulong)length);
    });

    public static byte[] Field(int field, byte[] message) => Message(o => Bytes(o, field, message));

    public static byte[] Field(int field, string text) => Message(o => String(o, field, text));

    public static byte[] Field(int field, long value) => Message(o => Integer(o, field, value));

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using var output = new CodedOutputStream(buffer);
        write(output);
        output.Flush();
        return buffer.ToArray();
    }

    private static void String(CodedOutputStream output, int field, string value) => Bytes(output, field, Encoding.UTF8.GetBytes(value));

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
    }

    private static void Integer(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }
}
