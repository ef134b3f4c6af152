namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The dimensions of a dataset or attribute.</summary>
/// <param name="Dimensions">Outermost first; empty for a scalar.</param>
/// <param name="IsNull">Whether there is no data at all.</param>
internal sealed record Hdf5Dataspace(IReadOnlyList<long> Dimensions, bool IsNull)
{
    // The library's own limit (H5S_MAX_RANK).
    private const int LargestRank = 32;

    /// <summary>Number of elements; larger than any file where it would overflow.</summary>
    public Int128 ElementCount
    {
        get
        {
            if (IsNull || Dimensions.Contains(0))
            {
                return 0;
            }

            Int128 count = 1;
            foreach (long dimension in Dimensions)
            {
                count *= dimension;
                if (count > long.MaxValue)
                {
                    return long.MaxValue;
                }
            }

            return count;
        }
    }

    /// <summary>The shape as people write it.</summary>
    public string DisplayName => $"({string.Join(", ", Dimensions)})";

    /// <summary>Reads the message.</summary>
    public static Hdf5Dataspace Read(ref Hdf5Cursor cursor)
    {
        int version = cursor.Version(1, 2);
        int rank = cursor.Byte();
        cursor.Skip(1);
        bool isNull = version == 2 ? cursor.Byte() == 2 : SkipReserved(ref cursor);
        if (rank > LargestRank)
        {
            throw cursor.Fault($"has {rank} dimensions");
        }

        long[] dimensions = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            dimensions[i] = cursor.Length();
        }

        return new Hdf5Dataspace(dimensions, isNull);
    }

    private static bool SkipReserved(ref Hdf5Cursor cursor)
    {
        cursor.Skip(5);
        return false;
    }
}
