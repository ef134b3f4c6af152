using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>
/// The bytes of an HDF5 file, on disk or in memory; its structures are mapped. Nothing is handed out that doesn't lie within the file, and all structures
/// together may take only so many bytes to read, so that no loop of addresses is walked for long.
/// </summary>
internal sealed class Hdf5Source : IDisposable
{
    // A sound file's structures are read once or twice; these leave room for tables that are looked up name by name.
    private const long BudgetFloor = 4L << 20;
    private const long BudgetPerByte = 16;
    private const long BudgetedLength = 64L << 20;

    private readonly MappedFile _file;

    // Null for a file in memory.
    private readonly FileStream? _stream;
    private long _budget;

    private Hdf5Source(MappedFile file, FileStream? stream, string path)
    {
        Path = path;
        _file = file;
        _stream = stream;
        _budget = BudgetFloor + (BudgetPerByte * Math.Min(file.Length, BudgetedLength));
    }

    /// <summary>What messages call the file.</summary>
    public string Path { get; }

    /// <summary>The file's bytes.</summary>
    public long Length => _file.Length;

    /// <summary>Where address 0 lies: behind a user block, where there is one.</summary>
    public long BaseAddress { get; set; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is a folder, a pipe or empty.</exception>
    public static Hdf5Source Map(string path, string? name = null)
    {
        MappedFile file = MappedFile.Open(path, Hdf5File.FormatName);
        try
        {
            return new Hdf5Source(file, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0), name ?? path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes a file that lies in memory.</summary>
    public static Hdf5Source Of(ReadOnlyMemory<byte> content, string path) => new(MappedFile.InMemory(content, path), stream: null, path);

    /// <summary>Bytes of a structure, at an address; counted.</summary>
    /// <exception cref="InvalidModelFileException">They don't lie within the file, or too much has been read.</exception>
    public ReadOnlySpan<byte> Structure(long address, int count, string what)
    {
        ReadOnlySpan<byte> bytes = Data(address, count, what).Span;
        _budget -= Math.Max(count, 8);
        return _budget >= 0
            ? bytes
            : throw Fault("its structures run in circles or are stored many times over; the file is damaged", address);
    }

    /// <summary>Bytes of data, at an address; valid until this is disposed.</summary>
    /// <exception cref="InvalidModelFileException">They don't lie within the file.</exception>
    public ReadOnlyMemory<byte> Data(long address, long count, string what)
    {
        Check(address, count, what);
        return _file.Slice(BaseAddress + address, (int)count);
    }

    /// <summary>Makes sure that bytes lie within the file, and are no more than an array holds.</summary>
    /// <exception cref="InvalidModelFileException">They don't.</exception>
    public void Check(long address, long count, string what)
    {
        if (address < 0 || count < 0 || address > Length - BaseAddress || count > Length - BaseAddress - address)
        {
            throw Fault($"{what} lies outside the file's {Length:N0} bytes; the file is cut off or damaged");
        }

        if (count > int.MaxValue)
        {
            throw Fault($"{what} takes {count:N0} bytes, and at most {int.MaxValue:N0} are supported");
        }
    }

    /// <summary>
    /// Copies bytes that were checked. They are read, not mapped: pages of a mapping would stay in memory beside the copy.
    /// </summary>
    public void CopyTo(long address, Span<byte> destination)
    {
        long position = BaseAddress + address;
        if (_stream is null)
        {
            _file.Slice(position, destination.Length).Span.CopyTo(destination);
            return;
        }

        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_stream.SafeFileHandle, destination, position);
            if (read == 0)
            {
                throw Fault("it was shortened while it was read");
            }

            position += read;
            destination = destination[read..];
        }
    }

    /// <summary>The exception for a fault at an address.</summary>
    public InvalidModelFileException Fault(string reason, long? address = null) => new(Path, Hdf5File.FormatName, reason, address is { } known ? BaseAddress + known : null);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _file.Dispose();
    }
}
