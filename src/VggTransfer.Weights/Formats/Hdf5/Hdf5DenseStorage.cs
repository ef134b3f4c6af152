using System.Numerics;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>
/// The newer format's storage of many links or attributes: a B-tree of version 2 that names objects in a fractal heap
/// (sections III.A.2, III.G). HDF5 2.0 writes it by default for groups of more than 8 links.
/// </summary>
internal static class Hdf5DenseStorage
{
    /// <summary>The B-tree's record type for links by name.</summary>
    public const int LinkNameRecord = 5;

    /// <summary>The B-tree's record type for attributes by name.</summary>
    public const int AttributeNameRecord = 8;

    // Signature, version and type before the records, checksum behind them.
    private const int NodeOverhead = 10;
    private const int DeepestTree = 16;

    /// <summary>Where the objects lie; none where the addresses are undefined.</summary>
    public static IReadOnlyList<(long Address, int Length)> Objects(Hdf5Source source, long heapAddress, long treeAddress, int recordType)
    {
        if (heapAddress == Hdf5Cursor.Undefined || treeAddress == Hdf5Cursor.Undefined)
        {
            return [];
        }

        var heap = Hdf5FractalHeap.Read(source, heapAddress);
        var objects = new List<(long, int)>();
        var header = new Hdf5Cursor(source, treeAddress, 38, "a B-tree");
        header.Expect("BTHD"u8);
        header.Version(0, 0);
        int type = header.Byte();
        long nodeSize = header.UInt32();
        int recordSize = header.UInt16();
        int depth = header.UInt16();
        header.Skip(2);
        long root = header.Offset();
        int rootRecords = header.UInt16();
        int idStart = recordType == LinkNameRecord ? 4 : 0;
        if (type != recordType || depth > DeepestTree || recordSize < idStart + heap.IdLength || nodeSize < NodeOverhead + recordSize || nodeSize > int.MaxValue)
        {
            throw header.Fault("is out of place");
        }

        if (root != Hdf5Cursor.Undefined)
        {
            Level[] levels = Levels(nodeSize, recordSize, depth);
            Walk(root, depth, rootRecords);

            void Walk(long address, int level, int records)
            {
                int pointerLength = level == 0 ? 0 : 8 + levels[0].RecordsLength + levels[level - 1].TotalLength;
                int length = 6 + (records * recordSize) + ((records + 1) * pointerLength);
                if (records > levels[level].MostRecords)
                {
                    throw source.Fault("a B-tree node has too many records; the file is damaged", address);
                }

                var node = new Hdf5Cursor(source, address, length, "a B-tree node");
                node.Expect(level == 0 ? "BTLF"u8 : "BTIN"u8);
                node.Skip(2);
                for (int i = 0; i < records; i++)
                {
                    Hdf5Cursor record = node.Part(recordSize, "a B-tree record");
                    record.Skip(idStart);
                    objects.Add(heap.Locate(ref record));
                }

                for (int i = 0; level > 0 && i <= records; i++)
                {
                    long child = node.Offset();
                    int childRecords = (int)Math.Min(int.MaxValue, node.Number(levels[0].RecordsLength));
                    node.Skip(levels[level - 1].TotalLength);
                    Walk(child, level - 1, childRecords);
                }
            }
        }

        return objects;
    }

    /// <summary>Bytes that a number up to a limit takes.</summary>
    public static int EncodedLength(long limit) => (BitOperations.Log2((ulong)limit) / 8) + 1;

    /// <summary>How many records a node of each level can hold, which decides how wide the fields of its pointers are.</summary>
    private static Level[] Levels(long nodeSize, int recordSize, int depth)
    {
        var levels = new Level[depth + 1];
        long most = (nodeSize - NodeOverhead) / recordSize;
        levels[0] = new Level(most, most, EncodedLength(Math.Max(1, most)), 0);
        for (int level = 1; level <= depth; level++)
        {
            Level below = levels[level - 1];
            int pointer = 8 + levels[0].RecordsLength + below.TotalLength;
            most = Math.Max(0, (nodeSize - NodeOverhead - pointer) / (recordSize + pointer));

            // Saturates far above any file's size, long before it could overflow.
            long total = (long)Math.Min(1e18, ((most + 1.0) * below.Total) + most);
            levels[level] = new Level(most, total, levels[0].RecordsLength, EncodedLength(Math.Max(1, total)));
        }

        return levels;
    }

    private sealed record Level(long MostRecords, long Total, int RecordsLength, int TotalLength);
}
