using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace VggTransfer.Cli;

/// <summary>
/// NumPy's format, version 1.0 (numpy.lib.format): little-endian float32, (rows, dimension), C order. Beside it a CSV
/// says which image each row belongs to, since an array has no room for names.
/// </summary>
internal sealed class NpyFeatureWriter : IFeatureWriter
{
    // Magic, version and length field; the whole header is a multiple of 64, and has room for any number of rows.
    private const int PrefixLength = 10;
    private const int HeaderLength = 128;

    private readonly Stream _array;
    private readonly StreamWriter _rows;
    private readonly int _dimension;
    private readonly long _start;
    private long _count;

    public NpyFeatureWriter(Stream array, Stream rows, int dimension)
    {
        _array = array;
        _rows = new StreamWriter(rows, new UTF8Encoding(false), 1 << 14, leaveOpen: true) { NewLine = CsvLine.End };
        _rows.WriteLine("path,label");
        _dimension = dimension;
        _start = array.Position;
        _array.Write(Header());
    }

    /// <summary>The file that says which image each row belongs to.</summary>
    public static string RowsPath(string arrayPath) => arrayPath + ".rows.csv";

    public void Add(FeatureRow row)
    {
        _rows.WriteLine(CsvLine.Join([row.Path, row.Label]));
        if (BitConverter.IsLittleEndian)
        {
            _array.Write(MemoryMarshal.AsBytes<float>(row.Values));
        }
        else
        {
            Span<byte> bytes = stackalloc byte[sizeof(float)];
            foreach (float value in row.Values)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                _array.Write(bytes);
            }
        }

        _count++;
    }

    public void Finish()
    {
        _rows.Flush();

        // Only now is it known how many images could be read.
        long end = _array.Position;
        _array.Position = _start;
        _array.Write(Header());
        _array.Position = end;
    }

    public void Dispose() => _rows.Dispose();

    private byte[] Header()
    {
        string dictionary = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({_count}, {_dimension}), }}");
        byte[] header = new byte[HeaderLength];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(magic.Length), HeaderLength - PrefixLength);
        Encoding.ASCII.GetBytes(dictionary, header.AsSpan(PrefixLength));
        header[^1] = (byte)'\n';
        return header;
    }
}
