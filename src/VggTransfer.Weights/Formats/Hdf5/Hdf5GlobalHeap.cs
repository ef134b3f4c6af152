namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The heap that holds strings of free length.</summary>
internal static class Hdf5GlobalHeap
{
    private const int HeaderLength = 16;

    /// <summary>The bytes of one object.</summary>
    /// <param name="source">The file.</param>
    /// <param name="address">The collection's address.</param>
    /// <param name="index">The object's number in it.</param>
    /// <param name="length">How many of its bytes are wanted.</param>
    public static ReadOnlySpan<byte> Find(Hdf5Source source, long address, uint index, long length)
    {
        var header = new Hdf5Cursor(source, address, HeaderLength, "a global heap");
        header.Expect("GCOL"u8);
        header.Version(1, 1);
        header.Skip(3);
        long end = header.Length();
        long position = HeaderLength;
        while (position + HeaderLength <= end)
        {
            var item = new Hdf5Cursor(source, address + position, HeaderLength, "an object of a global heap");
            int number = item.UInt16();
            item.Skip(6);
            long size = item.Length();
            if (number == index && number != 0)
            {
                return length <= size && length <= int.MaxValue
                    ? source.Structure(address + position + HeaderLength, (int)length, "a string")
                    : throw item.Fault("is shorter than the string in it");
            }

            if (number == 0 || size > end)
            {
                break;
            }

            position += HeaderLength + ((size + 7) / 8 * 8);
        }

        throw source.Fault($"a string's object {index} isn't in its global heap; the file is damaged", address);
    }
}
