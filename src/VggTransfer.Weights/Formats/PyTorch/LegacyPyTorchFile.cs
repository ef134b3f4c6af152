using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// torch's file before version 1.6 (and since, when asked for): five pickles - a magic number, the protocol's version, facts
/// about the machine, the object, the storages' keys - and then each storage, its length in front.
/// </summary>
internal sealed class LegacyPyTorchFile : PyTorchContainer
{
    // torch/serialization.py: MAGIC_NUMBER and PROTOCOL_VERSION.
    private static readonly BigInteger s_magicNumber = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    private const long ProtocolVersion = 1001;

    private readonly Dictionary<string, (long Position, long Length)> _storages = new(StringComparer.Ordinal);
    private long _position;

    /// <summary>Reads the pickles and finds the storages.</summary>
    /// <exception cref="InvalidModelFileException">It is damaged, or a pickle that torch didn't write.</exception>
    public LegacyPyTorchFile(MappedFile file)
        : base(file)
    {
        if (Next().Value is not BigInteger magic || magic != s_magicNumber)
        {
            throw Fault("it is a pickle, but not one that torch.save wrote; load it in Python and save it again with torch.save(model.state_dict(), 'weights.pth')");
        }

        if (Next().Value is not ProtocolVersion)
        {
            throw Fault("it is of an unknown version of torch's format; load it with torch and save it again");
        }

        if (Next().Value is not PickleDictionary system || !system.Entries.TryGetValue("little_endian", out object? littleEndian) || littleEndian is not true)
        {
            throw Fault("its numbers aren't little-endian, or it is damaged; load it with torch and save it again");
        }

        PickleContent content = Next();
        Root = content.Value;
        FindStorages(Next().Value as List<object?> ?? throw Fault("its list of storages is damaged; get the file again"), content.Storages);
    }

    /// <inheritdoc/>
    public override object? Root { get; }

    /// <summary>Whether a file begins with torch's magic number, whatever the pickle's protocol.</summary>
    /// <param name="head">The file's beginning, at least 32 bytes where it has them.</param>
    public static bool HasMagicNumber(ReadOnlySpan<byte> head) =>
        head.Length > 0 && head[0] == (byte)PickleOpcode.Proto && head[..Math.Min(head.Length, 32)].IndexOf(s_magicNumber.ToByteArray()) > 0;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Bytes(PyTorchStorage storage, long position, int length)
    {
        (long start, long storedLength) = _storages.TryGetValue(storage.Key, out (long, long) found)
            ? found
            : throw Fault($"it has no storage '{MessageText.Shorten(storage.Key)}', which a tensor refers to; get the file again");
        return storedLength == storage.ByteCount
            ? File.Slice(start + position, length)
            : throw Fault($"its storage '{MessageText.Shorten(storage.Key)}' holds {storedLength:N0} bytes, and its pickle says {storage.ByteCount:N0}; get the file again");
    }

    private PickleContent Next()
    {
        int available = (int)Math.Min(File.Length - _position, PickleMachine.MaximumLength);
        PickleContent content = PickleMachine.Run(File.Slice(_position, available).Span, File.Path, _position);
        _position += content.Length;
        return content;
    }

    /// <summary>Walks over the storages behind the pickles. Only the object says how long an element of each is.</summary>
    private void FindStorages(List<object?> keys, IReadOnlyDictionary<string, PyTorchStorage> known)
    {
        foreach (object? item in keys)
        {
            if (item is not string key || !known.TryGetValue(key, out PyTorchStorage? storage))
            {
                throw Fault("it lists a storage that no tensor refers to, so its length is unknown; load it with torch and save it again");
            }

            if (File.Length - _position < sizeof(long))
            {
                throw Fault($"it is cut off before storage '{MessageText.Shorten(key)}'; get the file again");
            }

            long count = BinaryPrimitives.ReadInt64LittleEndian(File.Slice(_position, sizeof(long)).Span);
            _position += sizeof(long);
            if (count < 0 || (Int128)count * storage.Type.ByteSize() > File.Length - _position)
            {
                throw Fault($"it is cut off within storage '{MessageText.Shorten(key)}'; get the file again");
            }

            long length = count * storage.Type.ByteSize();
            if (!_storages.TryAdd(key, (_position, length)))
            {
                throw Fault($"it lists storage '{MessageText.Shorten(key)}' twice; get the file again");
            }

            _position += length;
        }
    }

    private InvalidModelFileException Fault(string reason) => new(File.Path, PyTorchModelReader.FormatName, reason, _position);
}
