namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>Puts a dataset together from its chunks. All of them must be stored.</summary>
internal sealed class Hdf5Chunks(Hdf5Dataset dataset, Hdf5ObjectHeader header, long[] shape)
{
    // Weights hardly compress; more than this is a bomb.
    private const int LargestCompression = 64;
    private const long CompressedFloor = 1 << 20;

    private readonly Hdf5Filters _filters = Hdf5Filters.Read(dataset, header);

    /// <summary>Reads chunks that a B-tree of version 1 lists.</summary>
    /// <param name="tree">The tree's address.</param>
    /// <param name="bytes">What the dataset's shape and type take.</param>
    public ReadOnlyMemory<byte> Read(long tree, Int128 bytes)
    {
        var chunks = new List<Chunk>();
        int rank = shape.Length;
        int keyLength = 8 + (8 * (rank + 1));
        if (tree != Hdf5Cursor.Undefined)
        {
            Hdf5BTree1.Walk(header.Source, tree, nodeType: 1, keyLength, expectedLevel: null, (key, address) =>
            {
                var cursor = new Hdf5Cursor(header.Source, key, keyLength, "a chunk's key");
                long size = cursor.UInt32();
                uint mask = cursor.UInt32();
                long[] start = new long[rank];
                for (int i = 0; i < rank; i++)
                {
                    start[i] = cursor.Length();
                }

                chunks.Add(new Chunk(address, size, mask, start));
            });
        }

        return Assemble(chunks, bytes);
    }

    /// <summary>Reads the one chunk of a dataset.</summary>
    public ReadOnlyMemory<byte> ReadSingle(long address, long? size, uint mask, Int128 bytes) =>
        Assemble(address == Hdf5Cursor.Undefined ? [] : [new Chunk(address, size ?? (long)ChunkBytes(), mask, new long[shape.Length])], bytes);

    private Int128 ChunkBytes() => new Hdf5Dataspace(shape, IsNull: false).ElementCount * dataset.Type.Size;

    private byte[] Assemble(List<Chunk> chunks, Int128 bytes)
    {
        IReadOnlyList<long> dimensions = dataset.Space.Dimensions;
        Int128 expected = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            expected = Int128.Min(long.MaxValue, expected * (((Int128)dimensions[i] + shape[i] - 1) / shape[i]));
        }

        if (chunks.Count != expected || chunks.Select(chunk => string.Join(',', chunk.Start)).Distinct().Count() != chunks.Count)
        {
            throw dataset.Fault($"of shape {dataset.Space.DisplayName} should be stored in {expected:N0} chunks, and {chunks.Count:N0} are there; the file is damaged");
        }

        Int128 stored = 0;
        foreach (Chunk chunk in chunks)
        {
            stored += chunk.Size;
        }

        Int128 chunkBytes = ChunkBytes();
        Int128 most = Int128.Min(int.MaxValue, _filters.None ? stored : (stored * LargestCompression) + CompressedFloor);
        if (stored > header.Source.Length || bytes > most || chunkBytes > most)
        {
            throw dataset.Fault($"of shape {dataset.Space.DisplayName} takes {bytes:N0} bytes, and its chunks hold {stored:N0}; the file is damaged");
        }

        byte[] whole = new byte[(int)bytes];
        foreach (Chunk chunk in chunks)
        {
            ReadOnlyMemory<byte> data = header.Source.Data(chunk.Address, chunk.Size, "a chunk");
            Place(whole, _filters.Undo(data, chunk.Mask, (int)chunkBytes), chunk.Start);
        }

        return whole;
    }

    /// <summary>Copies a chunk's rows to their places; what reaches beyond the dataset's edge is padding.</summary>
    private void Place(byte[] whole, ReadOnlyMemory<byte> chunk, long[] start)
    {
        IReadOnlyList<long> dimensions = dataset.Space.Dimensions;
        int rank = shape.Length;
        for (int i = 0; i < rank; i++)
        {
            if (start[i] >= dimensions[i] || start[i] % shape[i] != 0)
            {
                throw dataset.Fault("has a chunk outside itself; the file is damaged");
            }
        }

        int size = dataset.Type.Size;
        long run = Math.Min(shape[^1], dimensions[^1] - start[^1]);
        long[] index = new long[rank];
        while (true)
        {
            long from = 0;
            long to = 0;
            for (int i = 0; i < rank; i++)
            {
                from = (from * shape[i]) + index[i];
                to = (to * dimensions[i]) + start[i] + index[i];
            }

            chunk.Span.Slice((int)(from * size), (int)(run * size)).CopyTo(whole.AsSpan((int)(to * size)));
            int axis = rank - 2;
            while (axis >= 0 && ++index[axis] >= Math.Min(shape[axis], dimensions[axis] - start[axis]))
            {
                index[axis--] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }

    private sealed record Chunk(long Address, long Size, uint Mask, long[] Start);
}
