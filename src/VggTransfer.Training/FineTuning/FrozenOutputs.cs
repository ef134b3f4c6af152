using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VggTransfer.Files;
using VggTransfer.Keras.Data;

namespace VggTransfer.FineTuning;

/// <summary>
/// The outputs of a network's frozen layers, picture by picture, in a mapped file: computed once, read in each epoch. While
/// it is being filled it has another name and says how far it is, so that an interrupted filling goes on; a file of other
/// weights, pictures or sizes is made anew.
/// </summary>
internal sealed class FrozenOutputs : IDisposable
{
    private const int HeaderLength = 64;
    private const int DoneAt = 40;
    private const long SpareBytes = 64L << 20;

    // Changes with the layout of the file.
    private static readonly byte[] s_magic = "VGGFOUT1"u8.ToArray();

    private readonly MappedFile _file;
    private readonly int[] _shape;
    private readonly int _rowLength;
    private readonly bool _half;

    private FrozenOutputs(MappedFile file, FrozenOutputsLayout layout)
    {
        _file = file;
        _shape = [.. layout.RowShape];
        _rowLength = layout.RowLength;
        _half = layout.Half;
        Count = layout.Rows;
    }

    /// <summary>How many pictures there are.</summary>
    public int Count { get; }

    /// <summary>Opens the file, after making it where it isn't there or is another's.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="layout">What it has to hold.</param>
    /// <param name="compute">Gives the outputs, in order, from a picture on; batches of any size.</param>
    /// <param name="progress">Told the number of pictures done.</param>
    /// <param name="cancellationToken">Ends the work; what is done is kept.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static FrozenOutputs Open(
        string path, FrozenOutputsLayout layout, Func<int, IEnumerable<NDArray>> compute, Action<int> progress, CancellationToken cancellationToken)
    {
        if (!IsComplete(path, layout))
        {
            string partial = PartialOf(path);
            Fill(partial, layout, compute, progress, cancellationToken);
            File.Move(partial, path, overwrite: true);
        }
        else
        {
            progress(layout.Rows);
        }

        return new FrozenOutputs(MappedFile.Open(path, "cache of frozen outputs"), layout);
    }

    /// <summary>Why a file can't be made; null where it can, or is there already, if only in part.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="layout">What it has to hold.</param>
    public static string? LackOfRoom(string path, FrozenOutputsLayout layout)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        long bytes = (long)layout.Rows * layout.RowBytes;
        return DiskSpace.Free(folder) is { } free && free - SpareBytes < bytes && !IsBegun(path, layout) && !IsBegun(PartialOf(path), layout)
            ? FormattableString.Invariant($"The outputs of the frozen layers take {bytes / 1e9:0.0} GB in '{folder}', and {Math.Max(0, free - SpareBytes) / 1e9:0.0} GB are free")
            : null;
    }

    /// <summary>The outputs for some pictures.</summary>
    public NDArray Gather(ReadOnlySpan<int> rows)
    {
        float[] values = new float[checked(rows.Length * _rowLength)];
        int bytes = _rowLength * (_half ? sizeof(ushort) : sizeof(float));
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<byte> row = _file.Slice(HeaderLength + ((long)rows[i] * bytes), bytes).Span;
            Span<float> target = values.AsSpan(i * _rowLength, _rowLength);
            if (_half)
            {
                Widen(MemoryMarshal.Cast<byte, ushort>(row), target);
            }
            else
            {
                MemoryMarshal.Cast<byte, float>(row).CopyTo(target);
            }
        }

        return NDArray.From(values, [rows.Length, .. _shape]);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static bool IsComplete(string path, FrozenOutputsLayout layout) => Done(path, layout) == layout.Rows;

    private static bool IsBegun(string path, FrozenOutputsLayout layout) => Done(path, layout) is not null;

    private static string PartialOf(string path) => path + ".partial";

    private static int? Done(string path, FrozenOutputsLayout layout)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using FileStream stream = File.OpenRead(path);
        return Done(stream, layout);
    }

    private static void Fill(string path, FrozenOutputsLayout layout, Func<int, IEnumerable<NDArray>> compute, Action<int> progress, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        int done = Done(stream, layout) ?? 0;
        if (done == 0)
        {
            stream.SetLength(0);
            stream.Write(Header(layout));
        }

        progress(done);
        byte[] count = new byte[sizeof(long)];
        foreach (NDArray outputs in done < layout.Rows ? compute(done) : [])
        {
            stream.Position = HeaderLength + (done * (long)layout.RowBytes);
            stream.Write(layout.Half ? Narrow(outputs) : MemoryMarshal.AsBytes(outputs.ToSingles().AsSpan()));
            done += outputs.Length;

            // Behind the rows that it counts, so that a process may end in between.
            BinaryPrimitives.WriteInt64LittleEndian(count, done);
            stream.Position = DoneAt;
            stream.Write(count);
            progress(done);
            cancellationToken.ThrowIfCancellationRequested();
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>How many rows a file holds; null if it is none of that layout.</summary>
    private static int? Done(FileStream stream, FrozenOutputsLayout layout)
    {
        byte[] header = new byte[HeaderLength];
        stream.Position = 0;
        if (stream.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength
            || !header.AsSpan(0, s_magic.Length).SequenceEqual(s_magic)
            || !header.AsSpan(s_magic.Length, layout.Identity.Length).SequenceEqual(layout.Identity))
        {
            return null;
        }

        long done = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(DoneAt));
        return done >= 0 && done <= layout.Rows && stream.Length >= HeaderLength + (done * layout.RowBytes) ? (int)done : null;
    }

    private static byte[] Header(FrozenOutputsLayout layout)
    {
        byte[] header = new byte[HeaderLength];
        s_magic.CopyTo(header, 0);
        layout.Identity.CopyTo(header, s_magic.Length);
        return header;
    }

    private static void Widen(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        for (int i = 0; i < halves.Length; i++)
        {
            bits[i] = (uint)halves[i] << 16;
        }
    }

    // To nearest, ties to even, as the next layer would round it: mostly the values have no more bits anyway.
    private static ReadOnlySpan<byte> Narrow(NDArray outputs)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(outputs.ToSingles().AsSpan());
        ushort[] halves = new ushort[bits.Length];
        for (int i = 0; i < halves.Length; i++)
        {
            halves[i] = (ushort)((bits[i] + 0x7FFF + ((bits[i] >> 16) & 1)) >> 16);
        }

        return MemoryMarshal.AsBytes(halves.AsSpan());
    }
}

/// <summary>What a file of frozen outputs holds.</summary>
/// <param name="Identity">32 bytes that differ where weights, pictures, layer, size or type do.</param>
/// <param name="Rows">How many pictures.</param>
/// <param name="RowShape">The shape of one picture's output.</param>
/// <param name="Half">Whether numbers are kept as bfloat16, as they were computed, instead of as 4-byte ones.</param>
internal sealed record FrozenOutputsLayout(byte[] Identity, int Rows, IReadOnlyList<int> RowShape, bool Half)
{
    /// <summary>Numbers of a row.</summary>
    public int RowLength { get; } = RowShape.Aggregate(1, (product, dimension) => checked(product * dimension));

    /// <summary>Bytes of a row.</summary>
    public int RowBytes => RowLength * (Half ? sizeof(ushort) : sizeof(float));
}
