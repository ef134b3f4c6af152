
namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>An array of numbers.</summary>
internal sealed class Hdf5Dataset : Hdf5Object
{
    private enum Layout
    {
        Compact = 0,
        Contiguous = 1,
        Chunked = 2,
        Virtual = 3,
    }

    public Hdf5Dataset(string path, Hdf5ObjectHeader header)
        : base(path, header)
    {
        Hdf5ObjectHeader.Message space = header.Find(Hdf5MessageType.Dataspace) ?? throw Fault("has no dataspace; the file is damaged");
        Hdf5ObjectHeader.Message type = header.Find(Hdf5MessageType.Datatype) ?? throw Fault("has no datatype; the file is damaged");
        if (space.Shared || type.Shared)
        {
            throw Fault("has a named type of its own, which Keras never writes");
        }

        Hdf5Cursor cursor = header.Cursor(space);
        Space = Hdf5Dataspace.Read(ref cursor);
        cursor = header.Cursor(type);
        Type = Hdf5Datatype.Read(ref cursor);
    }

    public Hdf5Dataspace Space { get; }

    public Hdf5Datatype Type { get; }

    /// <summary>
    /// The elements; to be read as long as the file is open. No more is ever allocated than the file can account for.
    /// </summary>
    /// <exception cref="InvalidModelFileException">They aren't all stored in this file.</exception>
    public Hdf5Data Read()
    {
        if (Header.Has(Hdf5MessageType.ExternalFiles))
        {
            throw Fault("keeps its data in another file, and those are never opened; save the file again with everything in it");
        }

        Int128 bytes = Space.ElementCount * Type.Size;
        Hdf5Cursor cursor = Header.Cursor(Header.Find(Hdf5MessageType.DataLayout)!);
        int version = cursor.Version(1, 4);
        if (version < 3)
        {
            return ReadOld(ref cursor, bytes);
        }

        int layout = cursor.Byte();
        switch ((Layout)layout)
        {
            case Layout.Compact:
                int size = cursor.UInt16();
                return size == bytes && size <= cursor.Remaining
                    ? new Hdf5Data(Header.Source, cursor.Address, size, Name)
                    : throw Fault($"of shape {Space.DisplayName} takes {bytes:N0} bytes, and {size:N0} are stored");
            case Layout.Contiguous:
                return ReadContiguous(cursor.Offset(), cursor.Length(), bytes);
            case Layout.Chunked when version == 3:
                int rank = cursor.Byte();
                long tree = cursor.Offset();
                return new Hdf5Data(Chunks(ChunkShape(ref cursor, rank)).Read(tree, bytes));
            case Layout.Chunked:
                return ReadSingleChunk(ref cursor, bytes);
            case Layout.Virtual:
                throw Fault("is put together from other files, and those are never opened; save the file again with everything in it");
            default:
                throw Fault("is stored in an unknown way; the file is damaged");
        }
    }

    /// <summary>The exception for a fault of this dataset.</summary>
    public InvalidModelFileException Fault(string predicate) => Header.Source.Fault($"{Name} {predicate}", Header.Address);

    private string Name => $"dataset '{MessageText.Shorten(Path)}'";

    /// <summary>Versions 1 and 2 (before HDF5 1.6.3): the dimensions come after the address.</summary>
    private Hdf5Data ReadOld(ref Hdf5Cursor cursor, Int128 bytes)
    {
        int rank = cursor.Byte();
        int layout = cursor.Byte();
        cursor.Skip(5);
        return (Layout)layout switch
        {
            Layout.Contiguous => ReadContiguous(cursor.Offset(), stored: null, bytes),
            Layout.Chunked => ReadOldChunks(ref cursor, rank, bytes),
            _ => throw Fault("is stored in a way of files before 2005, which isn't supported; save the file again with Keras"),
        };
    }

    private Hdf5Data ReadOldChunks(ref Hdf5Cursor cursor, int rank, Int128 bytes)
    {
        long tree = cursor.Offset();
        return new Hdf5Data(Chunks(ChunkShape(ref cursor, rank)).Read(tree, bytes));
    }

    private Hdf5Data ReadContiguous(long address, long? stored, Int128 bytes)
    {
        if (address == Hdf5Cursor.Undefined)
        {
            throw Fault($"of shape {Space.DisplayName} was never filled: no data are stored; save the file again with Keras");
        }

        return bytes <= Header.Source.Length && (stored is null || stored == bytes)
            ? new Hdf5Data(Header.Source, address, (long)bytes, Name)
            : throw Fault($"of shape {Space.DisplayName} takes {bytes:N0} bytes, and {stored ?? Header.Source.Length:N0} are stored; the file is damaged");
    }

    /// <summary>Version 4 (HDF5 1.10) has five kinds of index; only the simplest, a single chunk, needs none.</summary>
    private Hdf5Data ReadSingleChunk(ref Hdf5Cursor cursor, Int128 bytes)
    {
        int flags = cursor.Byte();
        int rank = cursor.Byte();
        int width = cursor.Byte();
        if (width is < 1 or > 8 || rank < 2)
        {
            throw Fault("has impossible chunks; the file is damaged");
        }

        long[] shape = new long[rank - 1];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = cursor.Number(width);
        }

        cursor.Skip(width);
        if (cursor.Byte() != 1)
        {
            throw Fault("is stored in many chunks with an index of HDF5 1.10, which isn't supported; save the file again with Keras, or run h5repack on it");
        }

        bool filtered = (flags & 0x02) != 0;
        long? size = filtered ? cursor.Length() : null;
        uint mask = filtered ? cursor.UInt32() : 0;
        return new Hdf5Data(Chunks(shape).ReadSingle(cursor.Offset(), size, mask, bytes));
    }

    private Hdf5Chunks Chunks(long[] shape)
    {
        if (shape.Length != Space.Dimensions.Count || shape.Contains(0))
        {
            throw Fault("has chunks of another shape than its own; the file is damaged");
        }

        return new Hdf5Chunks(this, Header, shape);
    }

    /// <summary>The chunk's dimensions; the last of the stored ones is the size of an element.</summary>
    private long[] ChunkShape(ref Hdf5Cursor cursor, int rank)
    {
        if (rank < 2)
        {
            throw Fault("has impossible chunks; the file is damaged");
        }

        long[] shape = new long[rank - 1];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = cursor.UInt32();
        }

        return shape;
    }
}
