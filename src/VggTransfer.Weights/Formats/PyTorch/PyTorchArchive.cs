using System.Text.Json;
using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// torch's zip archive (since 1.6): under one folder of any name, <c>data.pkl</c> is the pickled object, <c>data/KEY</c>
/// each storage, <c>byteorder</c> their byte order.
/// </summary>
internal sealed class PyTorchArchive : PyTorchContainer
{
    /// <summary>The member with the facts that this library adds; torch ignores members that it doesn't know.</summary>
    public const string MetadataMember = "vggtransfer.json";

    private const string PickleMember = "data.pkl";

    private readonly ZipDirectory _zip;
    private readonly string _folder;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _inflated = new(StringComparer.Ordinal);

    /// <summary>Reads the archive's list of members and its pickle.</summary>
    /// <exception cref="InvalidModelFileException">It is damaged, a TorchScript program, or no archive of torch's.</exception>
    public PyTorchArchive(MappedFile file)
        : base(file)
    {
        _zip = ZipDirectory.Read(file, PyTorchModelReader.FormatName);
        _folder = FindFolder();
        if (_zip.Find($"{_folder}/byteorder") is { Length: <= 16 } byteOrder && _zip.Content(byteOrder).Span.StartsWith("big"u8))
        {
            throw Fault("its numbers are big-endian; load it with torch on that machine and save it as safetensors");
        }

        ZipMember pickle = _zip.Find($"{_folder}/{PickleMember}")!;
        if (pickle.Length > PickleMachine.MaximumLength)
        {
            throw Fault($"its pickle takes {pickle.Length:N0} bytes, far more than names and shapes do; save a plain state dict");
        }

        Root = PickleMachine.Run(_zip.Content(pickle).Span, file.Path, _zip.PositionOf(pickle)).Value;
        Metadata = ReadMetadata();
    }

    /// <inheritdoc/>
    public override object? Root { get; }

    /// <inheritdoc/>
    public override ModelMetadata? Metadata { get; }

    /// <summary>Whether a zip archive's members look like torch's.</summary>
    public static bool IsArchiveOfTorch(ZipDirectory zip) => zip.Names.Any(name => IsPickle(name, PickleMember) || IsPickle(name, "constants.pkl"));

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Bytes(PyTorchStorage storage, long position, int length)
    {
        ZipMember member = _zip.Find($"{_folder}/data/{storage.Key}")
            ?? throw Fault($"it has no member for storage '{MessageText.Shorten(storage.Key)}', which a tensor refers to; get the file again");
        if (member.Length != storage.ByteCount)
        {
            throw Fault($"its member '{member.ShortName}' holds {member.Length:N0} bytes, and its pickle says {storage.ByteCount:N0}; get the file again");
        }

        if (_zip.PositionOf(member) is { } start)
        {
            return File.Slice(start + position, length);
        }

        if (!_inflated.TryGetValue(storage.Key, out ReadOnlyMemory<byte> content))
        {
            Budget.Take(member.Length);
            content = _zip.Content(member);
            _inflated.Add(storage.Key, content);
        }

        return content.Slice((int)position, length);
    }

    private static bool IsPickle(string name, string file) =>
        name.EndsWith($"/{file}", StringComparison.Ordinal) && name.IndexOf('/', StringComparison.Ordinal) == name.Length - file.Length - 1;

    private string FindFolder()
    {
        string[] pickles = [.. _zip.Names.Where(name => IsPickle(name, PickleMember)).Take(2)];
        if (_zip.Names.Any(name => IsPickle(name, "constants.pkl")))
        {
            throw Fault("it is a TorchScript program, not weights; in Python: torch.save(torch.jit.load('this file').state_dict(), 'weights.pth')");
        }

        return pickles.Length switch
        {
            1 => pickles[0][..^(PickleMember.Length + 1)],
            0 => throw Fault("it is a zip archive without torch's 'data.pkl', so torch.save didn't write it; if it is a packed folder, unpack it"),
            _ => throw Fault("it has more than one 'data.pkl'; save it again with torch.save"),
        };
    }

    private ModelMetadata? ReadMetadata()
    {
        if (_zip.Find($"{_folder}/{MetadataMember}") is not { } member)
        {
            return null;
        }

        IReadOnlyDictionary<string, string>? values;
        try
        {
            values = member.Length <= PickleMachine.MaximumLength
                ? ModelMetadataDocument.Read(_zip.Content(member).Span)
                : null;
        }
        catch (JsonException exception)
        {
            throw new InvalidModelFileException(File.Path, PyTorchModelReader.FormatName, $"its member '{MetadataMember}' isn't valid JSON; get the file again", innerException: exception);
        }

        return values is not null
            ? ModelMetadata.Parse(values, File.Path, PyTorchModelReader.FormatName)
            : throw Fault($"its member '{MetadataMember}' isn't a map of texts; get the file again");
    }

    private InvalidModelFileException Fault(string reason) => new(File.Path, PyTorchModelReader.FormatName, reason);
}
