using Google.Protobuf;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>The first entry of a bundle's index (BundleHeaderProto in tensorflow/core/protobuf/tensor_bundle.proto).</summary>
internal readonly record struct BundleHeader(int Shards, bool BigEndian)
{
    private const int MaximumShards = 10_000;

    /// <exception cref="FormatException">It isn't one.</exception>
    public static BundleHeader Parse(ReadOnlyMemory<byte> message)
    {
        ulong shards = 0;
        ulong endianness = 0;
        ProtoFields.Read(message, (field, input) =>
        {
            switch (field)
            {
                case (1, WireFormat.WireType.Varint):
                    shards = input.ReadUInt64();
                    return true;
                case (2, WireFormat.WireType.Varint):
                    endianness = input.ReadUInt64();
                    return true;
                default:
                    return false;
            }
        });
        return shards is >= 1 and <= MaximumShards
            ? new BundleHeader((int)shards, endianness == 1)
            : throw new FormatException($"its header claims {shards:N0} data files; it is damaged");
    }
}

/// <summary>Where a tensor is (BundleEntryProto in the same file).</summary>
/// <param name="DataType">DataType in tensorflow/core/framework/types.proto.</param>
/// <param name="Shape">The dimensions; null if the message holds none that make sense.</param>
/// <param name="Shard">Number of the data file.</param>
/// <param name="Offset">First byte in it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="MaskedCrc">Checksum of the bytes.</param>
/// <param name="Sliced">Whether the tensor is stored in slices elsewhere (partitioned variables).</param>
internal sealed record BundleEntry(int DataType, IReadOnlyList<int>? Shape, long Shard, long Offset, long Size, uint MaskedCrc, bool Sliced)
{
    private const int MaximumDimensions = 16;

    /// <exception cref="FormatException">It isn't one.</exception>
    public static BundleEntry Parse(ReadOnlyMemory<byte> message)
    {
        var entry = new BundleEntry(0, [], 0, 0, 0, 0, false);
        ProtoFields.Read(message, (field, input) =>
        {
            switch (field)
            {
                case (1, WireFormat.WireType.Varint):
                    entry = entry with { DataType = input.ReadInt32() };
                    return true;
                case (2, WireFormat.WireType.LengthDelimited):
                    entry = entry with { Shape = ParseShape(input.ReadBytes().Memory) };
                    return true;
                case (3, WireFormat.WireType.Varint):
                    entry = entry with { Shard = input.ReadInt64() };
                    return true;
                case (4, WireFormat.WireType.Varint):
                    entry = entry with { Offset = input.ReadInt64() };
                    return true;
                case (5, WireFormat.WireType.Varint):
                    entry = entry with { Size = input.ReadInt64() };
                    return true;
                case (6, WireFormat.WireType.Fixed32):
                    entry = entry with { MaskedCrc = input.ReadFixed32() };
                    return true;
                case (7, WireFormat.WireType.LengthDelimited):
                    entry = entry with { Sliced = true };
                    return false;
                default:
                    return false;
            }
        });
        return entry;
    }

    private static List<int>? ParseShape(ReadOnlyMemory<byte> message)
    {
        var dimensions = new List<int>();
        bool sound = true;
        ProtoFields.Read(message, (field, input) =>
        {
            if (field != (2, WireFormat.WireType.LengthDelimited))
            {
                return false;
            }

            long size = 0;
            ProtoFields.Read(input.ReadBytes().Memory, (inner, dimension) =>
            {
                if (inner != (1, WireFormat.WireType.Varint))
                {
                    return false;
                }

                size = dimension.ReadInt64();
                return true;
            });
            sound &= size is >= 0 and <= int.MaxValue && dimensions.Count < MaximumDimensions;
            if (sound)
            {
                dimensions.Add((int)size);
            }

            return true;
        });
        return sound ? dimensions : null;
    }
}
