using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using VggTransfer.Models;

namespace VggTransfer.Tests.PyTorch;

/// <summary>A tensor for <see cref="TorchPickle"/>; several may share a storage, given by its key.</summary>
internal sealed record PickledTensor(string Storage, string Class, long Elements, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// Writes objects as torch's files of both layouts, sound or not: an array of (name, value) is a dictionary, a long a
/// number, a list a list, bytes are put in as they are. Independent of the product's own writer, and its archives are .NET's.
/// </summary>
internal sealed class TorchPickle
{
    private readonly List<byte> _pickle = [];

    /// <summary>The storages' bytes by key.</summary>
    public SortedDictionary<string, byte[]> Storages { get; } = new(StringComparer.Ordinal);

    public (string Name, object Value)[] StateDict(VggModel model, Func<string, string>? rename = null) =>
        [.. model.Tensors.Values.Select(tensor => (rename?.Invoke(tensor.Name) ?? tensor.Name, (object)Tensor(tensor.ToSingles(), tensor.Shape)))];

    public PickledTensor Tensor<T>(T[] values, IReadOnlyList<int> shape, string type = "FloatStorage")
        where T : unmanaged
    {
        string key = (1000 + Storages.Count).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Storages.Add(key, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        return new PickledTensor(key, type, values.Length, 0, [.. shape.Select(dimension => (long)dimension)], [.. shape.Select((_, axis) => shape.Skip(axis + 1).Aggregate(1L, (product, dimension) => product * dimension))]);
    }

    public byte[] Pickle(object value)
    {
        _pickle.Clear();
        _pickle.AddRange((byte[])[0x80, 2]);
        Write(value);
        _pickle.Add((byte)'.');
        return _pickle.ToArray();
    }

    public byte[] Archive(object value, CompressionLevel compression = CompressionLevel.NoCompression, string folder = "any name", params (string Name, byte[] Content)[] more) =>
        Zip(compression, [($"{folder}/data.pkl", Pickle(value)), .. Storages.Select(pair => ($"{folder}/data/{pair.Key}", pair.Value)), .. more]);

    public static byte[] Zip(CompressionLevel compression, params (string Name, byte[] Content)[] members)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream member = zip.CreateEntry(name, compression).Open();
                member.Write(content);
            }
        }

        return stream.ToArray();
    }

    public byte[] Legacy(object value)
    {
        var file = new MemoryStream();
        byte[] magic = BigInteger.Parse("1950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture).ToByteArray();
        file.Write([0x80, 2, 0x8a, (byte)magic.Length, .. magic, (byte)'.']);
        file.Write(Pickle(1001L));
        file.Write(Pickle(new (string, object)[] { ("protocol_version", 1001L), ("little_endian", new byte[] { 0x88 }), ("type_sizes", Array.Empty<(string, object)>()) }));
        byte[] content = Pickle(value);
        file.Write(content);
        string text = Encoding.Latin1.GetString(content);
        KeyValuePair<string, byte[]>[] used = [.. Storages.Where(pair => text.Contains(pair.Key, StringComparison.Ordinal))];
        file.Write(Pickle(used.Select(pair => (object)pair.Key).ToList()));
        foreach ((string key, byte[] bytes) in used)
        {
            // The class stands in front of the key.
            int size = text.LastIndexOf("DoubleStorage", text.IndexOf(key, StringComparison.Ordinal), 40, StringComparison.Ordinal) >= 0 ? 8 : 4;
            byte[] count = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(count, bytes.Length / size);
            file.Write([.. count, .. bytes]);
        }

        return file.ToArray();
    }

    private void Write(object value)
    {
        switch (value)
        {
            case byte[] raw:
                _pickle.AddRange(raw);
                break;
            case long number:
                _pickle.AddRange((byte[])[0x8a, 8]);
                byte[] bytes = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
                _pickle.AddRange(bytes);
                break;
            case string text:
                _pickle.AddRange((byte[])[(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)]);
                break;
            case List<object> items:
                _pickle.AddRange("]("u8);
                items.ForEach(Write);
                _pickle.AddRange("e"u8);
                break;
            case object[] items:
                _pickle.AddRange("("u8);
                Array.ForEach(items, Write);
                _pickle.AddRange("t"u8);
                break;
            case (string, object)[] entries:
                _pickle.AddRange("ccollections\nOrderedDict\n)R("u8);
                foreach ((string name, object entry) in entries)
                {
                    Write(name);
                    Write(entry);
                }

                _pickle.AddRange("u"u8);
                break;
            case PickledTensor tensor:
                _pickle.AddRange("ctorch._utils\n_rebuild_tensor_v2\n("u8);
                Write(new object[] { "storage", Encoding.ASCII.GetBytes($"ctorch\n{tensor.Class}\n"), tensor.Storage, "cpu", tensor.Elements });
                _pickle.AddRange("Q"u8);
                Write(tensor.Offset);
                Write(tensor.Shape.Cast<object>().ToArray());
                Write(tensor.Strides.Cast<object>().ToArray());
                _pickle.AddRange((byte[])[0x89, .. "ccollections\nOrderedDict\n)RtR"u8]);
                break;
            default:
                throw new ArgumentException($"can't pickle {value}", nameof(value));
        }
    }
}
