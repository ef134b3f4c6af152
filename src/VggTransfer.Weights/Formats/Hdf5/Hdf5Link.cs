using System.Text;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>How a group names an object.</summary>
internal enum Hdf5LinkKind
{
    /// <summary>By the address of its header.</summary>
    Hard,

    /// <summary>By a path in this file.</summary>
    Soft,

    /// <summary>By a path in another file, or in a way of a user's own.</summary>
    External,
}

/// <summary>A name in a group.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">How it points.</param>
/// <param name="Address">A hard link's object header.</param>
internal sealed record Hdf5Link(string Name, Hdf5LinkKind Kind, long Address)
{
    /// <summary>Reads a link message.</summary>
    public static Hdf5Link Read(ref Hdf5Cursor cursor)
    {
        cursor.Version(1, 1);
        int flags = cursor.Byte();
        int type = (flags & 0x08) != 0 ? cursor.Byte() : 0;
        cursor.Skip((flags & 0x04) != 0 ? 8 : 0);
        cursor.Skip((flags & 0x10) != 0 ? 1 : 0);
        long length = cursor.Number(1 << (flags & 3));
        if (length > cursor.Remaining)
        {
            throw cursor.Fault("ends too early");
        }

        string name = Encoding.UTF8.GetString(cursor.Bytes((int)length));
        return type switch
        {
            0 => new Hdf5Link(name, Hdf5LinkKind.Hard, cursor.Offset()),
            1 => new Hdf5Link(name, Hdf5LinkKind.Soft, Hdf5Cursor.Undefined),
            _ => new Hdf5Link(name, Hdf5LinkKind.External, Hdf5Cursor.Undefined),
        };
    }
}
