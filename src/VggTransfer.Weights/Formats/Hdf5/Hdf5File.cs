
namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>
/// An HDF5 file, read only: as much of the format as weight files use, of files by HDF5 1.6 to 2.0. It is mapped, not
/// read, and every address and length is checked before it is believed; nothing outside the file is ever opened.
/// </summary>
/// <remarks>
/// The reader is our own because files come from strangers: PureHDF, which writes ours, opens the file that an external
/// link, a virtual dataset or an external storage list names, with no way to forbid it, and recurses and allocates as a
/// file tells it to.
/// </remarks>
internal sealed class Hdf5File : IDisposable
{
    /// <summary>What messages call the format.</summary>
    internal const string FormatName = "Keras HDF5";

    private static readonly byte[] s_signature = [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    private readonly Hdf5Source _source;

    private Hdf5File(Hdf5Source source)
    {
        _source = source;
        Root = Hdf5Object.Open(source, ReadSuperblock(source), "/") as Hdf5Group ?? throw source.Fault("its root is no group; the file is damaged");
    }

    /// <summary>What messages call the file.</summary>
    public string Path => _source.Path;

    /// <summary>The group that all others are in.</summary>
    public Hdf5Group Root { get; }

    /// <summary>Whether a file begins as HDF5 files do.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> head) => head.StartsWith(s_signature);

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What messages call it; null for the path.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It isn't a sound HDF5 file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Hdf5File Open(string path, string? name = null) => Open(Hdf5Source.Map(path, name));

    /// <summary>Reads a file that lies in memory.</summary>
    public static Hdf5File Parse(ReadOnlyMemory<byte> content, string path = "memory") => Open(Hdf5Source.Of(content, path));

    /// <summary>The exception for a fault of the file's content.</summary>
    public InvalidModelFileException Fault(string reason) => _source.Fault(reason);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private static Hdf5File Open(Hdf5Source source)
    {
        try
        {
            return new Hdf5File(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <returns>The address of the root group's header.</returns>
    private static long ReadSuperblock(Hdf5Source source)
    {
        // A user block of 512 bytes, or of any power of two above, may come first.
        long position = 0;
        while (position + 16 <= source.Length && !source.Data(position, 8, "the signature").Span.SequenceEqual(s_signature))
        {
            position = position == 0 ? 512 : position * 2;
        }

        if (position + 16 > source.Length)
        {
            throw source.Fault(NotHdf5(source), 0);
        }

        int version = source.Data(position + 8, 1, "the superblock").Span[0];
        int length = version switch { 0 => 96, 1 => 100, 2 or 3 => 48, _ => throw source.Fault($"its superblock has version {version}, which is unknown", position + 8) };
        var cursor = new Hdf5Cursor(source, position, length, "the superblock");
        cursor.Skip(version < 2 ? 13 : 9);
        int offsetSize = cursor.Byte();
        int lengthSize = cursor.Byte();
        if (offsetSize != 8 || lengthSize != 8)
        {
            throw source.Fault($"its addresses take {offsetSize} and its lengths {lengthSize} bytes, and only 8 are supported", position);
        }

        cursor.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });
        long start = cursor.Offset();
        cursor.Skip(8);
        long end = cursor.Offset();
        cursor.Skip(version < 2 ? 16 : 0);
        long root = cursor.Offset();
        if (start != position && start != 0)
        {
            throw source.Fault("its superblock contradicts its place; the file is damaged", position);
        }

        // Where the library adds a user block itself, addresses count from there on.
        if (end > source.Length)
        {
            throw source.Fault($"it should have {end:N0} bytes and has {source.Length:N0}; it is cut off, so fetch it again");
        }

        source.BaseAddress = start;
        return root;
    }

    private static string NotHdf5(Hdf5Source source)
    {
        ReadOnlySpan<byte> head = source.Data(0, Math.Min(source.Length, 256), "the file").Span;
        return ForeignContent.IsGitLfsPointer(head) ? ForeignContent.GitLfsPointer
            : ForeignContent.IsMarkup(head) ? "it is a web page, not HDF5, so its download failed; fetch it again"
            : "it doesn't begin as HDF5 files do, so it is a file of another kind or damaged";
    }
}
