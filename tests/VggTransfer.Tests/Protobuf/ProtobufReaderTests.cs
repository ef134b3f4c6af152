using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Tests.Protobuf;

/// <summary>Oracle: the encoding's specification (protobuf.dev, "Encoding").</summary>
public sealed class ProtobufReaderTests
{
    private static readonly ProtobufSource s_source = new("x", "proto");

    [Fact]
    public void Fields_of_all_kinds_are_read()
    {
        byte[] bytes = new ProtoMessage().Integer(1, 150).Integer(2, -1).String(3, "testing").Single(4, 1.5f).Integers(5, packed: true, 3, 270, 86942).Integers(5, packed: false, 7).Message(6, new ProtoMessage().Integer(1, 1)).ToArray();
        var reader = new ProtobufReader(bytes, s_source, start: 100);
        var numbers = new List<long>();

        Assert.True(reader.Next());
        Assert.Equal(101, reader.Position);
        Assert.Equal(150, reader.ReadInteger());
        Assert.True(reader.Next());
        Assert.Equal(-1, reader.ReadInteger());
        Assert.True(reader.Next());
        Assert.Equal("testing", reader.ReadString(7, "text"));
        Assert.True(reader.Next());
        Assert.Equal(1.5f, reader.ReadSingle());
        while (reader.Next() && reader.Field == 5)
        {
            reader.ReadIntegers(numbers, 4, "numbers");
        }

        Assert.Equal([3, 270, 86942, 7], numbers);
        ProtobufReader inner = reader.ReadMessage();
        Assert.True(inner.Next());
        inner.Skip();
        Assert.False(inner.Next());
        Assert.False(reader.Next());
    }

    [Theory]
    [InlineData("00", "its protocol buffers encoding is damaged (field number 0)", 0)]
    [InlineData("0B", "its protocol buffers encoding is damaged (field 1 has wire type 3)", 1)]
    [InlineData("0F", "its protocol buffers encoding is damaged (field 1 has wire type 7)", 1)]
    [InlineData("08", "it ends within a number; the file is cut off or damaged", 1)]
    [InlineData("0880", "it ends within a number; the file is cut off or damaged", 2)]
    [InlineData("0D0000", "it ends within a number; the file is cut off or damaged", 1)]
    [InlineData("0900000000000000", "it ends within a number; the file is cut off or damaged", 1)]
    [InlineData("0A05616263", "a field of 5 bytes reaches past the end of what it is part of; the file is cut off or damaged", 1)]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01", "a field of 18,446,744,073,709,551,615 bytes reaches past the end of what it is part of; the file is cut off or damaged", 1)]
    [InlineData("08FFFFFFFFFFFFFFFFFFFF01", "its protocol buffers encoding is damaged (a number of more than 64 bits)", 11)]
    public void Damage_is_located(string hex, string reason, long position)
    {
        var exception = Assert.Throws<InvalidModelFileException>(() =>
        {
            var reader = new ProtobufReader(Convert.FromHexString(hex), s_source);
            while (reader.Next())
            {
                reader.Skip();
            }
        });

        Assert.Equal((reason, position), (exception.Reason, exception.Position));
    }

    [Fact]
    public void Value_of_another_kind_than_the_schema_has_is_refused()
    {
        byte[] bytes = new ProtoMessage().Integer(1, 5).ToArray();

        Assert.Throws<InvalidModelFileException>(() => Read(bytes, reader => reader.ReadBytes()));
        Assert.Throws<InvalidModelFileException>(() => Read(bytes, reader => reader.ReadSingle()));
        Assert.Throws<InvalidModelFileException>(() => Read(bytes, reader => reader.ReadFixed()));
        Assert.Throws<InvalidModelFileException>(() => Read(new ProtoMessage().Bytes(1, [0xFF]).ToArray(), reader => reader.ReadString(9, "text")));
        Assert.Throws<InvalidModelFileException>(() => Read(new ProtoMessage().String(1, "abc").ToArray(), reader => reader.ReadString(2, "text")));
        Assert.Throws<InvalidModelFileException>(() => Read(new ProtoMessage().Integers(1, packed: true, 1, 2, 3).ToArray(), reader => reader.ReadIntegers([], 2, "numbers")));
    }

    private delegate void Reading(ProtobufReader reader);

    private static void Read(byte[] bytes, Reading read)
    {
        var reader = new ProtobufReader(bytes, s_source);
        reader.Next();
        read(reader);
    }
}
