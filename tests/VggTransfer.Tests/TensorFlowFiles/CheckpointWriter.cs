using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using VggTransfer.Weights.Formats.TensorFlow;

namespace VggTransfer.Tests.TensorFlowFiles;

/// <summary>
/// Writes checkpoints for tests: the variables of Keras layers, in the layout of the goldens that tf_keras wrote, in which
/// anything can be made wrong on purpose.
/// </summary>
internal sealed class CheckpointWriter
{
    private readonly List<byte> _data = [];
    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private readonly List<byte[]> _nodes = [];

    /// <summary>Changes the parts of an entry before it is written.</summary>
    public Func<string, BundleEntry, BundleEntry> Change { get; init; } = (_, entry) => entry;

    /// <summary>Changes the graph of objects before its checksums are made.</summary>
    public Func<byte[], byte[]> ChangeGraph { get; init; } = graph => graph;

    /// <summary>Where the blocks of the last index lie, without their trailers.</summary>
    public List<(int Start, int Length)> Blocks { get; } = [];

    public byte[] Header { get; set; } = [0x08, 0x01, 0x1A, 0x02, 0x08, 0x01];

    /// <summary>How a block is compressed, as its trailer says.</summary>
    public byte Compression { get; init; }

    public byte[] Data => [.. _data];

    public void Add(string key, int[] shape, float[] values) => Add(key, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), dataType: 1);

    public void Add(string key, int[] shape, byte[] bytes, int dataType)
    {
        var entry = Change(key, new BundleEntry(dataType, shape, 0, _data.Count, bytes.Length, Crc32C.MaskedOf(bytes), Sliced: false));
        _data.AddRange(bytes);
        _entries[key] = EntryMessage(entry);
    }

    /// <summary>Adds an object of the graph.</summary>
    /// <returns>Its number.</returns>
    public int AddNode(params (string Name, int Id)[] children) => AddNode(null, null, children);

    public int AddNode(string? key, string? fullName, params (string Name, int Id)[] children)
    {
        byte[] node =
        [
            .. children.SelectMany(child => Field(1, [.. Number(1, child.Id), .. Field(2, Encoding.UTF8.GetBytes(child.Name))])),
            .. key is null ? [] : Field(2, [.. Field(1, "VARIABLE_VALUE"u8), .. Field(2, Encoding.UTF8.GetBytes(fullName!)), .. Field(3, Encoding.UTF8.GetBytes(key))]),
        ];
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>Puts an object's children in the place of what it had: the root is made first.</summary>
    public void SetNode(int id, params (string Name, int Id)[] children)
    {
        AddNode(children);
        _nodes[id] = _nodes[^1];
        _nodes.RemoveAt(_nodes.Count - 1);
    }

    public void AddGraph()
    {
        byte[] graph = ChangeGraph([.. _nodes.SelectMany(node => Field(1, node))]);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, graph.Length);
        byte[] lengthCrc = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(lengthCrc, Crc32C.MaskedOf(length));
        byte[] stored = [.. Varint(graph.Length), .. lengthCrc, .. graph];
        var entry = Change(ObjectGraph.Key, new BundleEntry(7, [], 0, _data.Count, stored.Length, Crc32C.MaskedOf([.. length, .. lengthCrc, .. graph]), Sliced: false));
        _data.AddRange(stored);
        _entries[ObjectGraph.Key] = EntryMessage(entry);
    }

    /// <summary>The index's bytes.</summary>
    /// <param name="entriesInBlock">How many keys go into a block.</param>
    public byte[] Index(int entriesInBlock = 1000)
    {
        Blocks.Clear();
        var file = new MemoryStream();
        var handles = new List<KeyValuePair<string, byte[]>>();
        KeyValuePair<string, byte[]>[] all = [new("", Header), .. _entries];
        foreach (KeyValuePair<string, byte[]>[] part in all.Chunk(entriesInBlock))
        {
            handles.Add(new(part[^1].Key + "~", WriteBlock(file, part)));
        }

        byte[] meta = WriteBlock(file, []);
        byte[] index = WriteBlock(file, handles);
        byte[] footer = new byte[48];
        meta.CopyTo(footer, 0);
        index.CopyTo(footer, meta.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(footer.AsSpan(40), 0xDB4775248B80FB57);
        file.Write(footer);
        return file.ToArray();
    }

    public void Save(string prefix, int entriesInBlock = 1000)
    {
        File.WriteAllBytes(prefix + ".index", Index(entriesInBlock));
        File.WriteAllBytes(prefix + ".data-00000-of-00001", Data);
    }

    /// <summary>A block with prefixes shared, restarted at every 16th key.</summary>
    private byte[] WriteBlock(MemoryStream file, IReadOnlyList<KeyValuePair<string, byte[]>> entries)
    {
        var block = new MemoryStream();
        var restarts = new List<int> { 0 };
        byte[] last = [];
        for (int i = 0; i < entries.Count; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(entries[i].Key);
            if (i > 0 && i % 16 == 0)
            {
                restarts.Add((int)block.Length);
                last = [];
            }

            int shared = key.AsSpan().CommonPrefixLength(last);
            block.Write([.. Varint(shared), .. Varint(key.Length - shared), .. Varint(entries[i].Value.Length), .. key[shared..], .. entries[i].Value]);
            last = key;
        }

        foreach (int restart in (int[])[.. restarts, restarts.Count])
        {
            block.Write(BitConverter.GetBytes(restart));
        }

        byte[] handle = [.. Varint(file.Length), .. Varint(block.Length)];
        Blocks.Add(((int)file.Length, (int)block.Length));
        byte[] content = [.. block.ToArray(), Compression];
        file.Write([.. content, .. BitConverter.GetBytes(Crc32C.MaskedOf(content))]);
        return handle;
    }

    private static byte[] EntryMessage(BundleEntry entry) =>
    [
        .. Number(1, entry.DataType),
        .. Field(2, [.. (entry.Shape ?? [-1]).SelectMany(dimension => Field(2, Number(1, dimension)))]),
        .. Number(3, entry.Shard),
        .. Number(4, entry.Offset),
        .. Number(5, entry.Size),
        0x35, .. BitConverter.GetBytes(entry.MaskedCrc),
        .. entry.Sliced ? Field(7, []) : [],
    ];

    private static byte[] Number(int field, long value) => [(byte)(field << 3), .. Varint(value)];

    private static byte[] Field(int field, ReadOnlySpan<byte> content) => [(byte)((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Varint(long value)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteInt64(value);
        }

        return stream.ToArray();
    }
}
