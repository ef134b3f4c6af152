using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VggTransfer.Files;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// A file of kept features, all of one recipe and so of one length: 64 bytes of header, then records of an image's SHA-256, its
/// features, and a checksum over both. It only ever grows, record by record. A record that a killed process left half
/// written, or that a disk damaged, fails its checksum and counts as absent.
/// </summary>
internal sealed class FeatureSegment : IDisposable
{
    public const string Extension = ".features";
    public const int HeaderBytes = 64;
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int RecipeAt = 8;
    private const int ValuesAt = RecipeAt + HashBytes;
    private const int CheckBytes = 16;

    // Of a record that an array can hold.
    private const int MostValues = (int.MaxValue / sizeof(float)) - 1024;

    // Changes with the layout of the file.
    private static readonly byte[] s_magic = "VGGFEAT1"u8.ToArray();

    private readonly MappedFile _file;
    private readonly FeatureRecipe _recipe;

    private FeatureSegment(MappedFile file, FeatureRecipe recipe)
    {
        _file = file;
        _recipe = recipe;
        Count = (int)Math.Min(int.MaxValue, (file.Length - HeaderBytes) / RecordBytes(recipe.Values));
    }

    public string Path => _file.Path;

    /// <summary>Whole records, sound or not.</summary>
    public int Count { get; }

    public static int RecordBytes(int values) => checked(HashBytes + (values * sizeof(float)) + CheckBytes);

    /// <summary>Opens a file; null if it isn't one of this recipe, or is gone.</summary>
    public static FeatureSegment? TryOpen(string path, FeatureRecipe recipe)
    {
        MappedFile? file = null;
        try
        {
            file = MappedFile.Open(path, "feature cache", FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Removed by another process in this moment, empty, or somebody else's: as good as none.
            return null;
        }

        if (file.Length >= HeaderBytes && file.Slice(0, HeaderBytes).Span.SequenceEqual(Header(recipe)))
        {
            return new FeatureSegment(file, recipe);
        }

        file.Dispose();
        return null;
    }

    public static byte[] Header(FeatureRecipe recipe)
    {
        byte[] header = new byte[HeaderBytes];
        s_magic.CopyTo(header, 0);
        recipe.Id.CopyTo(header, RecipeAt);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(ValuesAt), recipe.Values);
        return header;
    }

    /// <summary>The length of the features in a file with this header; null if it isn't the header of a segment.</summary>
    public static int? ValuesIn(ReadOnlySpan<byte> header) =>
        header.StartsWith(s_magic) && BinaryPrimitives.ReadInt32LittleEndian(header[ValuesAt..]) is > 0 and <= MostValues and int values ? values : null;

    /// <summary>Fills a record.</summary>
    public static void Write(FeatureRecipe recipe, ImageHash image, ReadOnlySpan<float> features, Span<byte> record)
    {
        image.CopyTo(record);
        MemoryMarshal.AsBytes(features).CopyTo(record[HashBytes..]);
        Check(recipe, record[..^CheckBytes], record[^CheckBytes..]);
    }

    /// <summary>Which image a record claims to be of.</summary>
    public ImageHash ImageAt(int index) => ImageHash.Read(Record(index).Span[..HashBytes]);

    /// <summary>Whether a record is whole and undamaged.</summary>
    public bool IsSound(int index)
    {
        ReadOnlySpan<byte> record = Record(index).Span;
        Span<byte> check = stackalloc byte[CheckBytes];
        Check(_recipe, record[..^CheckBytes], check);
        return check.SequenceEqual(record[^CheckBytes..]);
    }

    public float[] FeaturesAt(int index) => MemoryMarshal.Cast<byte, float>(Record(index).Span[HashBytes..^CheckBytes]).ToArray();

    public void Dispose() => _file.Dispose();

    private ReadOnlyMemory<byte> Record(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        int bytes = RecordBytes(_recipe.Values);
        return _file.Slice(HeaderBytes + ((long)index * bytes), bytes);
    }

    /// <summary>The recipe counts, so that a record is no other recipe's even if a header is damaged.</summary>
    private static void Check(FeatureRecipe recipe, ReadOnlySpan<byte> content, Span<byte> check)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(recipe.Id);
        hash.AppendData(content);
        Span<byte> whole = stackalloc byte[HashBytes];
        hash.GetHashAndReset(whole);
        whole[..CheckBytes].CopyTo(check);
    }
}
