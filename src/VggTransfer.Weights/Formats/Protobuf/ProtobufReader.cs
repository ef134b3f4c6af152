using System.Buffers.Binary;
using System.Text;

namespace VggTransfer.Weights.Formats.Protobuf;

/// <summary>
/// Reads one protocol buffers message field by field over memory that is never copied. Every length is checked against
/// the message that it stands in; whatever is wrong is an <see cref="InvalidModelFileException"/> with its position.
/// Nothing in here recurses: a message inside a message is another reader, made where the format's schema has one.
/// </summary>
internal ref struct ProtobufReader
{
    /// <summary>Wire types of the encoding's specification.</summary>
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthDelimitedType = 2;
    private const int Fixed32Type = 5;

    // Ten groups of seven bits hold 64.
    private const int MaximumVarintLength = 10;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ProtobufSource _source;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _span;
    private readonly long _start;
    private int _position;
    private int _wireType;

    /// <param name="memory">The message.</param>
    /// <param name="source">The file, for what is said about faults.</param>
    /// <param name="start">Where the message begins in the file.</param>
    public ProtobufReader(ReadOnlyMemory<byte> memory, ProtobufSource source, long start = 0)
    {
        _memory = memory;
        _span = memory.Span;
        _source = source;
        _start = start;
    }

    /// <summary>The number of the field that was found last.</summary>
    public int Field { get; private set; }

    /// <summary>Whether the field that was found last has a length: text, bytes, a message, or packed numbers.</summary>
    public readonly bool IsLengthDelimited => _wireType == LengthDelimitedType;

    /// <summary>The place in the file that is read next.</summary>
    public readonly long Position => _start + _position;

    /// <summary>What hasn't been read yet: before the first field the whole message.</summary>
    public readonly ReadOnlyMemory<byte> Rest => _memory[_position..];

    /// <summary>Finds the next field; its value must then be read or skipped.</summary>
    /// <returns>False at the message's end.</returns>
    public bool Next()
    {
        if (_position == _span.Length)
        {
            return false;
        }

        long at = Position;
        ulong tag = ReadRawVarint();
        if (tag is < 8 or > uint.MaxValue)
        {
            throw _source.Fault($"its protocol buffers encoding is damaged (field number {tag >> 3:N0})", at);
        }

        Field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        return true;
    }

    /// <summary>A whole number, an enumeration's member or a truth value.</summary>
    public long ReadInteger()
    {
        Expect(VarintType);
        return (long)ReadRawVarint();
    }

    /// <summary>A single-precision number.</summary>
    public float ReadSingle() => BitConverter.UInt32BitsToSingle(ReadFixed32());

    /// <summary>A whole number of 4 bytes.</summary>
    public uint ReadFixed32()
    {
        Expect(Fixed32Type);
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    }

    /// <summary>Bytes, a message, or packed numbers; not copied.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        Expect(LengthDelimitedType);
        int length = ReadLength();
        ReadOnlyMemory<byte> bytes = _memory.Slice(_position, length);
        _position += length;
        return bytes;
    }

    /// <summary>Numbers of 4 or 8 bytes as they lie in the file: one, or packed ones.</summary>
    public ReadOnlyMemory<byte> ReadFixed()
    {
        if (IsLengthDelimited)
        {
            return ReadBytes();
        }

        if (_wireType is not (Fixed32Type or Fixed64Type))
        {
            Expect(Fixed32Type);
        }

        int count = Take(_wireType == Fixed32Type ? 4 : 8).Length;
        return _memory.Slice(_position - count, count);
    }

    /// <summary>A message inside this one.</summary>
    public ProtobufReader ReadMessage()
    {
        ReadOnlyMemory<byte> bytes = ReadBytes();
        return new ProtobufReader(bytes, _source, Position - bytes.Length);
    }

    /// <summary>A text.</summary>
    /// <param name="maximumBytes">Above this it is refused.</param>
    /// <param name="what">What it is, for messages.</param>
    public string ReadString(int maximumBytes, string what)
    {
        long at = Position;
        ReadOnlySpan<byte> bytes = ReadBytes().Span;
        if (bytes.Length > maximumBytes)
        {
            throw _source.Fault($"it has {bytes.Length:N0} bytes as {what}, above the limit of {maximumBytes:N0}", at);
        }

        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw _source.Fault($"{what} isn't UTF-8 text", at);
        }
    }

    /// <summary>Adds the value or values of a repeated field of whole numbers, packed or not.</summary>
    /// <param name="values">Where to.</param>
    /// <param name="maximum">How many there may be in all.</param>
    /// <param name="what">What they are, for messages.</param>
    public void ReadIntegers(List<long> values, int maximum, string what)
    {
        long at = Position;
        if (!IsLengthDelimited)
        {
            values.Add(ReadInteger());
        }
        else
        {
            ProtobufReader packed = ReadMessage();
            while (packed._position < packed._span.Length && values.Count <= maximum)
            {
                values.Add((long)packed.ReadRawVarint());
            }
        }

        if (values.Count > maximum)
        {
            throw _source.Fault($"it has more than {maximum:N0} numbers as {what}", at);
        }
    }

    /// <summary>The exception for what is wrong about the field that was found last.</summary>
    /// <param name="reason">What is wrong and what to do, as the rest of a sentence, without a full stop.</param>
    public readonly InvalidModelFileException Fault(string reason) => _source.Fault(reason, Position);

    /// <summary>Leaves the value of the field out.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case VarintType:
                ReadRawVarint();
                break;
            case Fixed64Type:
                Take(8);
                break;
            case LengthDelimitedType:
                ReadBytes();
                break;
            case Fixed32Type:
                Take(4);
                break;
            default:
                // Groups (3 and 4) went out of use before the formats read here came up.
                throw _source.Fault($"its protocol buffers encoding is damaged (field {Field} has wire type {_wireType})", Position);
        }
    }

    /// <summary>The next number of packed whole numbers; false at the end. For readers over packed bytes, not over messages.</summary>
    public bool TryReadPacked(out long value)
    {
        value = 0;
        if (_position == _span.Length)
        {
            return false;
        }

        value = (long)ReadRawVarint();
        return true;
    }

    private readonly void Expect(int wireType)
    {
        if (_wireType != wireType)
        {
            throw _source.Fault($"its protocol buffers encoding is damaged or of another kind of file (field {Field} has wire type {_wireType} instead of {wireType})", Position);
        }
    }

    private int ReadLength()
    {
        long at = Position;
        ulong length = ReadRawVarint();
        return length <= (ulong)(_span.Length - _position)
            ? (int)length
            : throw _source.Fault($"a field of {length:N0} bytes reaches past the end of what it is part of; the file is cut off or damaged", at);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_span.Length - _position < count)
        {
            throw _source.Fault("it ends within a number; the file is cut off or damaged", Position);
        }

        ReadOnlySpan<byte> bytes = _span.Slice(_position, count);
        _position += count;
        return bytes;
    }

    private ulong ReadRawVarint()
    {
        ulong value = 0;
        for (int i = 0; i < MaximumVarintLength; i++)
        {
            if (_position == _span.Length)
            {
                throw _source.Fault("it ends within a number; the file is cut off or damaged", Position);
            }

            byte part = _span[_position++];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                return value;
            }
        }

        throw _source.Fault("its protocol buffers encoding is damaged (a number of more than 64 bits)", Position);
    }
}
