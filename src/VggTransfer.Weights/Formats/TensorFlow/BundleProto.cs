using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>The first entry of a bundle's index (BundleHeaderProto in tensorflow/core/protobuf/tensor_bundle.proto).</summary>
internal readonly record struct BundleHeader(int Shards, bool BigEndian)
{
    private const int MaximumShards = 10_000;

    /// <exception cref="FormatException">It isn't one.</exception>
    /// <exception cref="InvalidModelFileException">It isn't sound.</exception>
    public static BundleHeader Parse(ReadOnlyMemory<byte> message, ProtobufSource source)
    {
        long shards = 0;
        long endianness = 0;
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    shards = reader.ReadInteger();
                    break;
                case 2:
                    endianness = reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

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

    /// <exception cref="InvalidModelFileException">It isn't sound.</exception>
    public static BundleEntry Parse(ReadOnlyMemory<byte> message, ProtobufSource source)
    {
        var entry = new BundleEntry(0, [], 0, 0, 0, 0, false);
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    entry = entry with { DataType = unchecked((int)reader.ReadInteger()) };
                    break;
                case 2:
                    entry = entry with { Shape = ParseShape(reader.ReadMessage()) };
                    break;
                case 3:
                    entry = entry with { Shard = reader.ReadInteger() };
                    break;
                case 4:
                    entry = entry with { Offset = reader.ReadInteger() };
                    break;
                case 5:
                    entry = entry with { Size = reader.ReadInteger() };
                    break;
                case 6:
                    entry = entry with { MaskedCrc = reader.ReadFixed32() };
                    break;
                default:
                    entry = entry with { Sliced = entry.Sliced || reader.Field == 7 };
                    reader.Skip();
                    break;
            }
        }

        return entry;
    }

    private static List<int>? ParseShape(ProtobufReader shape)
    {
        var dimensions = new List<int>();
        while (shape.Next())
        {
            if (shape.Field != 2)
            {
                shape.Skip();
                continue;
            }

            long size = ParseDimension(shape.ReadMessage());
            if (size is < 0 or > int.MaxValue || dimensions.Count == MaximumDimensions)
            {
                return null;
            }

            dimensions.Add((int)size);
        }

        return dimensions;
    }

    private static long ParseDimension(ProtobufReader dimension)
    {
        long size = 0;
        while (dimension.Next())
        {
            if (dimension.Field == 1)
            {
                size = dimension.ReadInteger();
            }
            else
            {
                dimension.Skip();
            }
        }

        return size;
    }
}
