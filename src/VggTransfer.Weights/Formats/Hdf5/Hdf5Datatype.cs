namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The classes of the format's datatype message (HDF5 file format specification, section IV.A.2.d).</summary>
internal enum Hdf5Class
{
    FixedPoint = 0,
    FloatingPoint = 1,
    Time = 2,
    String = 3,
    BitField = 4,
    Opaque = 5,
    Compound = 6,
    Reference = 7,
    Enumeration = 8,
    VariableLength = 9,
    Array = 10,
}

/// <summary>The type of a dataset's or attribute's elements.</summary>
/// <param name="Class">The kind.</param>
/// <param name="Size">Bytes of one element.</param>
/// <param name="BigEndian">Whether numbers have their highest byte first.</param>
/// <param name="ExponentBits">Bits of a floating-point number's exponent; 0 for other classes.</param>
/// <param name="IsVariableString">Whether an element is a reference to a string of free length.</param>
internal sealed record Hdf5Datatype(Hdf5Class Class, int Size, bool BigEndian, int ExponentBits, bool IsVariableString)
{
    /// <summary>What messages call it: <c>float32</c>, <c>2-byte opaque data</c>.</summary>
    public string DisplayName => Class switch
    {
        Hdf5Class.FloatingPoint => $"{(BigEndian ? "big-endian " : "")}float{Size * 8L}",
        Hdf5Class.FixedPoint => $"{(BigEndian ? "big-endian " : "")}int{Size * 8L}",
        Hdf5Class.Opaque => $"{Size}-byte opaque data",
        Hdf5Class.String => "strings",
        _ => "data of type " + Class,
    };

    /// <summary>Reads the message.</summary>
    public static Hdf5Datatype Read(ref Hdf5Cursor cursor)
    {
        int classAndVersion = cursor.Byte();
        int flags = cursor.Byte();
        cursor.Skip(2);
        uint size = cursor.UInt32();
        if ((classAndVersion & 0x0F) > (int)Hdf5Class.Array || (classAndVersion >> 4) is 0 or > 4 || size is 0 or > int.MaxValue)
        {
            throw cursor.Fault("names no known datatype");
        }

        var kind = (Hdf5Class)(classAndVersion & 0x0F);
        bool bigEndian = kind is Hdf5Class.FixedPoint or Hdf5Class.FloatingPoint && (flags & 1) != 0;
        int exponentBits = 0;
        if (kind == Hdf5Class.FloatingPoint)
        {
            // Bit offset, precision, exponent's place; then its size.
            cursor.Skip(5);
            exponentBits = cursor.Byte();
        }

        return new Hdf5Datatype(kind, (int)size, bigEndian, exponentBits, kind == Hdf5Class.VariableLength && (flags & 0x0F) == 1);
    }
}
