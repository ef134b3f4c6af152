namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The older B-tree (section III.A.1): the index of groups and of chunks.</summary>
internal static class Hdf5BTree1
{
    // Each level holds at least twice the entries of the one above; no file needs more.
    private const int DeepestLevel = 32;
    private const int HeaderLength = 24;

    /// <summary>The addresses that the leaves point at, left to right.</summary>
    public static List<long> Leaves(Hdf5Source source, long address, int nodeType, int keyLength)
    {
        var leaves = new List<long>();
        Walk(source, address, nodeType, keyLength, expectedLevel: null, (_, child) => leaves.Add(child));
        return leaves;
    }

    /// <summary>Visits each entry of the leaves: the address of its key, and the address that it points at.</summary>
    public static void Walk(Hdf5Source source, long address, int nodeType, int keyLength, int? expectedLevel, Action<long, long> visit)
    {
        var header = new Hdf5Cursor(source, address, HeaderLength, "a B-tree node");
        header.Expect("TREE"u8);
        int type = header.Byte();
        int level = header.Byte();
        int entries = header.UInt16();
        if (type != nodeType || level > DeepestLevel || (expectedLevel is { } expected && level != expected))
        {
            throw header.Fault("is out of place");
        }

        var body = new Hdf5Cursor(source, address + HeaderLength, (entries * (keyLength + 8)) + keyLength, "a B-tree node");
        for (int i = 0; i < entries; i++)
        {
            long key = body.Address;
            body.Skip(keyLength);
            long child = body.Offset();
            if (level == 0)
            {
                visit(key, child);
            }
            else
            {
                Walk(source, child, nodeType, keyLength, level - 1, visit);
            }
        }
    }
}
