using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>Gets at the numbers of a blob: a view of the file where they are packed singles, as Caffe writes them.</summary>
internal static class CaffeBlobData
{
    // BlobProto: singles and doubles.
    private const int DataField = 5;
    private const int DoubleDataField = 8;

    /// <summary>A blob as a tensor of the rank that its layer needs. Doubles become the nearest singles.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="rank">How many dimensions it must have; ones in front, which older versions fill up to four with, are dropped.</param>
    /// <param name="source">The file.</param>
    /// <exception cref="InvalidModelFileException">The shape is of another rank, or the data don't fit it.</exception>
    public static ModelTensor Tensor(CaffeBlob blob, string name, int rank, ProtobufSource source)
    {
        string shown = $"tensor '{MessageText.Shorten(name)}'";
        IReadOnlyList<long> claimed = blob.Shape;
        bool isTooLong = claimed.Count > rank && claimed.Take(claimed.Count - rank).All(dimension => dimension == 1);
        long[] shape = [.. isTooLong ? claimed.Skip(claimed.Count - rank) : claimed];
        long count = 1;
        foreach (long dimension in shape)
        {
            count = dimension is >= 1 and <= int.MaxValue && count <= int.MaxValue ? count * dimension : long.MaxValue;
        }

        if (shape.Length != rank || count > int.MaxValue / sizeof(float))
        {
            throw source.Fault($"{shown} claims the shape ({string.Join(", ", claimed)}), and must have {rank} dimensions from 1 on and at most {int.MaxValue:N0} bytes", blob.Position);
        }

        ReadOnlyMemory<byte> data = Join(blob, source, (int)count, out bool isDouble, out long found);
        if (found != count)
        {
            throw source.Fault($"{shown} has {found:N0} numbers, and its shape ({string.Join(", ", claimed)}) takes {count:N0}; the file is cut off or holds no weights", blob.Position);
        }

        int[] dimensions = [.. shape.Select(dimension => (int)dimension)];
        return isDouble
            ? ModelTensor.FromFloat32(name, dimensions, DoubleNarrowing.ToSingles(data.Span))
            : new ModelTensor(name, dimensions, TensorType.Float32, data);
    }

    /// <summary>The numbers in one piece; copied only where the file has them in several.</summary>
    private static ReadOnlyMemory<byte> Join(CaffeBlob blob, ProtobufSource source, int count, out bool isDouble, out long found)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        (long bytes, int field) = (0, DataField);
        byte[]? joined = null;
        var reader = new ProtobufReader(blob.Message, source, blob.Position);
        while (reader.Next())
        {
            if (reader.Field is not (DataField or DoubleDataField))
            {
                reader.Skip();
                continue;
            }

            field = reader.Field;
            int size = field == DataField ? sizeof(float) : sizeof(double);
            ReadOnlyMemory<byte> piece = reader.ReadFixed();
            if (pieces.Count == 0 && joined is null)
            {
                pieces.Add(piece);
            }
            else if (bytes + piece.Length <= (long)count * size && (long)count * size <= blob.Message.Length && (long)count * size <= int.MaxValue)
            {
                if (joined is null)
                {
                    joined = new byte[count * size];
                    pieces[0].CopyTo(joined);
                }

                if (bytes + piece.Length <= joined.Length)
                {
                    piece.CopyTo(joined.AsMemory((int)bytes));
                }
            }

            bytes += piece.Length;
        }

        isDouble = field == DoubleDataField;
        int elementSize = isDouble ? sizeof(double) : sizeof(float);
        found = bytes % elementSize == 0 ? bytes / elementSize : -1;
        return found == count ? joined ?? pieces.FirstOrDefault() : default;
    }
}
