using System.Buffers.Binary;
using System.Text;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>A summary as TensorBoard would find it.</summary>
internal sealed record ReadSummary(string Tag, long Step, string Plugin, int DataType, int[] Shape, byte[] Content)
{
    public float Scalar => BinaryPrimitives.ReadSingleLittleEndian(Content);

    public override string ToString() => $"{Tag}@{Step} {Plugin} {Convert.ToHexString(Content)}";
}

/// <summary>
/// Reads event files by the published formats alone: TFRecord framing with a CRC-32C computed bit by bit, and the fields of
/// <c>event.proto</c>, <c>summary.proto</c> and <c>tensor.proto</c>.
/// </summary>
internal static class EventFileReader
{
    public static IReadOnlyList<ReadSummary> ReadFolder(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal).SelectMany(Read)];

    public static IReadOnlyList<ReadSummary> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var summaries = new List<ReadSummary>();
        bool first = true;
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            at += length + 16;
            ILookup<int, byte[]> fields = Fields(data);
            Assert.InRange(BitConverter.ToDouble(fields[1].Single()), 1e9, 1e10);
            if (first)
            {
                Assert.Equal("brain.Event:2", Text(fields[3].Single()));
                first = false;
                continue;
            }

            long step = fields.Contains(2) ? BitConverter.ToInt64(fields[2].Single()) : 0;
            summaries.AddRange(Fields(fields[5].Single())[1].Select(value => Summary(step, Fields(value))));
        }

        return summaries;
    }

    private static ReadSummary Summary(long step, ILookup<int, byte[]> value)
    {
        ILookup<int, byte[]> tensor = Fields(value[8].Single());
        ILookup<int, byte[]> metadata = Fields(value[9].Single());
        return new ReadSummary(
            Text(value[1].Single()),
            step,
            Text(Fields(metadata[1].Single())[1].Single()),
            (int)BitConverter.ToInt64(tensor[1].Single()),
            [.. tensor[2].SelectMany(shape => Fields(shape)[2]).Select(dimension => (int)BitConverter.ToInt64(Fields(dimension)[1].Single()))],
            tensor[4].Single());
    }

    /// <summary>The fields of a message by number; whole numbers as 8 bytes.</summary>
    private static ILookup<int, byte[]> Fields(byte[] message)
    {
        var fields = new List<(int Number, byte[] Value)>();
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, BitConverter.GetBytes(Varint(message, ref at))));
                    break;
                case 1:
                    fields.Add((number, message[at..(at + 8)]));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    fields.Add((number, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    Assert.Fail($"Wire type {tag & 7} isn't one of event files.");
                    break;
            }
        }

        return fields.ToLookup(field => field.Number, field => field.Value);
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
