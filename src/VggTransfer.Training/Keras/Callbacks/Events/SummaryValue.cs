using System.Buffers.Binary;
using Google.Protobuf;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// What TensorBoard shows under one name, as <c>tf.summary</c> writes it: a tensor, and the name of the dashboard
/// (tensorflow/core/framework/summary.proto).
/// </summary>
internal sealed class SummaryValue
{
    // DT_FLOAT, DT_DOUBLE (types.proto); DATA_CLASS_SCALAR, DATA_CLASS_TENSOR (summary.proto).
    private const int Float = 1;
    private const int Double = 2;
    private const int ScalarClass = 1;
    private const int TensorClass = 2;

    // tf.summary.histogram's default.
    private const int Buckets = 30;

    private readonly string _tag;
    private readonly string _plugin;
    private readonly int _dataClass;
    private readonly int _dataType;
    private readonly int[] _shape;
    private readonly byte[] _content;

    private SummaryValue(string tag, string plugin, int dataClass, int dataType, int[] shape, byte[] content)
    {
        _tag = tag;
        _plugin = plugin;
        _dataClass = dataClass;
        _dataType = dataType;
        _shape = shape;
        _content = content;
    }

    public static SummaryValue Scalar(string tag, double value)
    {
        byte[] content = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(content, (float)value);
        return new SummaryValue(tag, "scalars", ScalarClass, Float, [], content);
    }

    /// <summary>How finite values spread over 30 equal parts of their range: rows of left edge, right edge, count.</summary>
    public static SummaryValue Histogram(string tag, IReadOnlyList<double> values)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        double low = finite.Length == 0 ? 0 : finite.Min();
        double high = finite.Length == 0 ? 0 : finite.Max();
        int buckets = Buckets;
        if (low == high)
        {
            // All in one.
            (low, high, buckets) = (low - 0.5, high + 0.5, 1);
        }

        double width = (high - low) / buckets;
        double[] counts = new double[buckets];
        foreach (double value in finite)
        {
            counts[Math.Min((int)((value - low) / width), buckets - 1)]++;
        }

        byte[] content = new byte[buckets * 3 * sizeof(double)];
        for (int i = 0; i < buckets; i++)
        {
            Span<byte> row = content.AsSpan(i * 3 * sizeof(double));
            BinaryPrimitives.WriteDoubleLittleEndian(row, low + (i * width));
            BinaryPrimitives.WriteDoubleLittleEndian(row[sizeof(double)..], i == buckets - 1 ? high : low + ((i + 1) * width));
            BinaryPrimitives.WriteDoubleLittleEndian(row[(2 * sizeof(double))..], counts[i]);
        }

        return new SummaryValue(tag, "histograms", TensorClass, Double, [buckets, 3], content);
    }

    /// <summary>The message <c>tensorflow.Summary</c> with this one value.</summary>
    public ByteString ToSummary() => Message(summary => WriteMessage(summary, 1, value =>
    {
        WriteText(value, 1, _tag);
        WriteMessage(value, 8, WriteTensor);
        WriteMessage(value, 9, metadata =>
        {
            WriteMessage(metadata, 1, plugin => WriteText(plugin, 1, _plugin));
            WriteNumber(metadata, 4, _dataClass);
        });
    }));

    private void WriteTensor(CodedOutputStream tensor)
    {
        WriteNumber(tensor, 1, _dataType);
        WriteMessage(tensor, 2, shape =>
        {
            foreach (int dimension in _shape)
            {
                WriteMessage(shape, 2, size => WriteNumber(size, 1, dimension));
            }
        });
        tensor.WriteTag(4, WireFormat.WireType.LengthDelimited);
        tensor.WriteBytes(ByteString.CopyFrom(_content));
    }

    private static void WriteMessage(CodedOutputStream output, int field, Action<CodedOutputStream> content)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(Message(content));
    }

    private static void WriteText(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void WriteNumber(CodedOutputStream output, int field, long number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    }

    private static ByteString Message(Action<CodedOutputStream> content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            content(output);
        }

        return ByteString.CopyFrom(stream.ToArray());
    }
}
