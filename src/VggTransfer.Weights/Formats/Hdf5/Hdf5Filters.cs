using System.IO.Compression;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>What was done to a dataset's chunks: byte shuffling, deflate, a checksum behind.</summary>
internal sealed class Hdf5Filters
{
    private const int Deflate = 1;
    private const int Shuffle = 2;
    private const int Fletcher32 = 3;

    // The library's own limit (H5Z_MAX_NFILTERS).
    private const int MostFilters = 32;

    private readonly Hdf5Dataset _dataset;
    private readonly List<int> _filters = [];

    private Hdf5Filters(Hdf5Dataset dataset) => _dataset = dataset;

    /// <summary>Whether chunks are stored as they are.</summary>
    public bool None => _filters.Count == 0;

    public static Hdf5Filters Read(Hdf5Dataset dataset, Hdf5ObjectHeader header)
    {
        var filters = new Hdf5Filters(dataset);
        if (header.Find(Hdf5MessageType.FilterPipeline) is not { } message)
        {
            return filters;
        }

        Hdf5Cursor cursor = header.Cursor(message);
        int version = cursor.Version(1, 2);
        int count = cursor.Byte();
        cursor.Skip(version == 1 ? 6 : 0);
        for (int i = 0; i < count && count <= MostFilters; i++)
        {
            int id = cursor.UInt16();
            int nameLength = version == 1 || id >= 256 ? cursor.UInt16() : 0;
            cursor.Skip(2);
            int values = cursor.UInt16();
            cursor.Skip(version == 1 ? (nameLength + 7) / 8 * 8 : nameLength);
            cursor.Skip((4 * values) + (version == 1 && values % 2 == 1 ? 4 : 0));
            if (id is not (Deflate or Shuffle or Fletcher32))
            {
                throw dataset.Fault($"is compressed with HDF5 filter {id}, and only gzip, shuffle and fletcher32 are supported; save the file again with Keras");
            }

            filters._filters.Add(id);
        }

        return filters;
    }

    /// <summary>A chunk's bytes as they were; exactly <paramref name="length"/> of them.</summary>
    public ReadOnlyMemory<byte> Undo(ReadOnlyMemory<byte> data, uint mask, int length)
    {
        for (int i = _filters.Count - 1; i >= 0; i--)
        {
            if ((mask & (1u << i)) != 0)
            {
                continue;
            }

            data = _filters[i] switch
            {
                Fletcher32 when data.Length >= 4 => data[..^4],
                Deflate => Inflate(data, length),
                Shuffle => Unshuffle(data.Span, _dataset.Type.Size),
                _ => throw Damaged(),
            };
        }

        return data.Length == length ? data : throw Damaged();
    }

    private byte[] Inflate(ReadOnlyMemory<byte> data, int length)
    {
        // A checksum added before compression lies within.
        byte[] output = new byte[length + (_filters.Contains(Fletcher32) ? 4 : 0)];
        try
        {
            using var input = new MemoryStream(data.ToArray(), writable: false);
            using var inflater = new ZLibStream(input, CompressionMode.Decompress);
            int read = inflater.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
            return read >= length && inflater.ReadByte() < 0 ? output[..read] : throw Damaged();
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    private static byte[] Unshuffle(ReadOnlySpan<byte> data, int size)
    {
        byte[] output = data.ToArray();
        int count = data.Length / size;
        for (int i = 0; i < count; i++)
        {
            for (int part = 0; part < size; part++)
            {
                output[(i * size) + part] = data[(part * count) + i];
            }
        }

        return output;
    }

    private InvalidModelFileException Damaged() => _dataset.Fault("has a chunk that can't be decompressed; the file is damaged");
}
