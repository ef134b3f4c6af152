using System.Text;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>A small value beside an object.</summary>
internal sealed class Hdf5Attribute
{
    // A list of a million names is no network's.
    private const int MostStrings = 1_000_000;

    private readonly Hdf5Source _source;
    private readonly long _dataAddress;
    private readonly int _dataLength;

    private Hdf5Attribute(Hdf5Source source, string name, Hdf5Datatype type, Hdf5Dataspace space, long dataAddress, int dataLength)
    {
        _source = source;
        Name = name;
        Type = type;
        Space = space;
        _dataAddress = dataAddress;
        _dataLength = dataLength;
    }

    public string Name { get; }

    public Hdf5Datatype Type { get; }

    public Hdf5Dataspace Space { get; }

    /// <summary>Reads the message, but not yet the value; null where its type is stored elsewhere in the file (a named type).</summary>
    public static Hdf5Attribute? Read(Hdf5Source source, ref Hdf5Cursor cursor)
    {
        int version = cursor.Version(1, 3);
        int flags = cursor.Byte();
        int nameLength = cursor.UInt16();
        int typeLength = cursor.UInt16();
        int spaceLength = cursor.UInt16();
        if (version == 3)
        {
            cursor.Skip(1);
        }

        // Version 1 pads every part to a multiple of 8.
        int Stored(int length) => version == 1 ? (length + 7) / 8 * 8 : length;
        ReadOnlySpan<byte> name = cursor.Bytes(Stored(nameLength))[..nameLength];
        int end = name.IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        Hdf5Cursor typePart = cursor.Part(Stored(typeLength), "a datatype");
        Hdf5Cursor spacePart = cursor.Part(Stored(spaceLength), "a dataspace");
        if (version > 1 && flags != 0)
        {
            return null;
        }

        var type = Hdf5Datatype.Read(ref typePart);
        var space = Hdf5Dataspace.Read(ref spacePart);
        Int128 bytes = space.ElementCount * type.Size;
        return bytes <= cursor.Remaining
            ? new Hdf5Attribute(source, text, type, space, cursor.Address, (int)bytes)
            : throw cursor.Fault($"'{text}' claims {bytes:N0} bytes, more than it has");
    }

    /// <summary>The value as strings; null where it is something else. Strings are taken as UTF-8.</summary>
    public IReadOnlyList<string>? ReadStrings()
    {
        if (Type.Class != Hdf5Class.String && !Type.IsVariableString)
        {
            return null;
        }

        var cursor = new Hdf5Cursor(_source, _dataAddress, _dataLength, $"attribute '{Name}'");
        int count = _dataLength / Type.Size;
        if (count > MostStrings)
        {
            throw cursor.Fault($"holds {count:N0} strings");
        }

        var strings = new List<string>(count);
        for (int i = 0; i < count; i++)
        {
            if (Type.IsVariableString)
            {
                // Length, then the address of a global heap and the number of an object in it.
                long length = cursor.UInt32();
                long address = cursor.Offset();
                uint index = cursor.UInt32();
                cursor.Skip(Type.Size - 16);
                strings.Add(length == 0 ? "" : Encoding.UTF8.GetString(Hdf5GlobalHeap.Find(_source, address, index, length)));
            }
            else
            {
                ReadOnlySpan<byte> bytes = cursor.Bytes(Type.Size);
                int end = bytes.IndexOf((byte)0);
                strings.Add(Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]));
            }
        }

        return strings;
    }
}
