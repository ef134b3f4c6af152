using System.Buffers.Binary;

namespace VggTransfer.Images.Formats;

/// <summary>CRC-32 with the polynomial 0xEDB88320 of PNG and zlib, eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[][] s_tables = MakeTables();

    /// <summary>The checksum of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of bytes that come after others.</summary>
    /// <param name="checksum">The checksum of those before; 0 for none.</param>
    /// <param name="data">The bytes.</param>
    public static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        uint[][] tables = s_tables;
        uint crc = ~checksum;
        while (data.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[7][low & 255] ^ tables[6][(low >> 8) & 255] ^ tables[5][(low >> 16) & 255] ^ tables[4][low >> 24]
                ^ tables[3][high & 255] ^ tables[2][(high >> 8) & 255] ^ tables[1][(high >> 16) & 255] ^ tables[0][high >> 24];
            data = data[8..];
        }

        foreach (byte value in data)
        {
            crc = (crc >> 8) ^ tables[0][(crc ^ value) & 255];
        }

        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        uint[][] tables = new uint[8][];
        for (int t = 0; t < 8; t++)
        {
            tables[t] = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint crc = t == 0 ? i : tables[t - 1][i];
                if (t == 0)
                {
                    for (int bit = 0; bit < 8; bit++)
                    {
                        crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                    }

                    tables[0][i] = crc;
                }
                else
                {
                    tables[t][i] = (crc >> 8) ^ tables[0][crc & 255];
                }
            }
        }

        return tables;
    }
}
