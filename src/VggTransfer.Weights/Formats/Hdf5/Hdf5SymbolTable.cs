using System.Text;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The older format's groups: a B-tree of nodes with names in a local heap (sections III.A.1, III.B, III.D).</summary>
internal static class Hdf5SymbolTable
{
    private const int SoftLinkCache = 2;

    /// <summary>Reads all links, in alphabetical order.</summary>
    public static void Read(Hdf5Source source, long treeAddress, long heapAddress, Action<Hdf5Link> add)
    {
        var heap = new Hdf5Cursor(source, heapAddress, 32, "a local heap");
        heap.Expect("HEAP"u8);
        heap.Version(0, 0);
        heap.Skip(3);
        long heapLength = heap.Length();
        heap.Skip(8);
        long names = heap.Offset();
        if (heapLength > int.MaxValue)
        {
            throw heap.Fault($"claims {heapLength:N0} bytes");
        }

        ReadOnlySpan<byte> nameBytes = source.Structure(names, (int)heapLength, "a local heap");
        foreach (long address in Hdf5BTree1.Leaves(source, treeAddress, nodeType: 0, keyLength: 8))
        {
            var node = new Hdf5Cursor(source, address, 8, "a symbol table node");
            node.Expect("SNOD"u8);
            node.Version(1, 1);
            node.Skip(1);
            int count = node.UInt16();
            var entries = new Hdf5Cursor(source, address + 8, count * 40, "a symbol table node");
            for (int i = 0; i < count; i++)
            {
                long nameOffset = entries.Offset();
                long objectAddress = entries.Offset();
                uint cache = entries.UInt32();
                entries.Skip(20);
                if (nameOffset < 0 || nameOffset >= nameBytes.Length)
                {
                    throw entries.Fault("names a link outside its heap");
                }

                ReadOnlySpan<byte> name = nameBytes[(int)nameOffset..];
                int end = name.IndexOf((byte)0);
                string text = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
                add(cache == SoftLinkCache
                    ? new Hdf5Link(text, Hdf5LinkKind.Soft, Hdf5Cursor.Undefined)
                    : new Hdf5Link(text, Hdf5LinkKind.Hard, objectAddress));
            }
        }
    }
}
