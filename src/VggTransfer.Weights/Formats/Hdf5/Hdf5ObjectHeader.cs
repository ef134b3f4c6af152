namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The messages of an object header that matter here, by the format's numbers (section IV.A.2).</summary>
internal enum Hdf5MessageType
{
    Dataspace = 0x01,
    LinkInfo = 0x02,
    Datatype = 0x03,
    Link = 0x06,
    ExternalFiles = 0x07,
    DataLayout = 0x08,
    FilterPipeline = 0x0B,
    Attribute = 0x0C,
    Continuation = 0x10,
    SymbolTable = 0x11,
    AttributeInfo = 0x15,
}

/// <summary>The list of messages that makes an object, of both versions.</summary>
internal sealed class Hdf5ObjectHeader
{
    // Far more continuations than any file of the library has.
    private const int MostBlocks = 1_000;
    private const int SharedFlag = 0x02;

    private readonly List<Message> _messages = [];

    private Hdf5ObjectHeader(Hdf5Source source, long address)
    {
        Source = source;
        Address = address;
    }

    public Hdf5Source Source { get; }

    public long Address { get; }

    /// <summary>Reads the header and all its continuations.</summary>
    public static Hdf5ObjectHeader Read(Hdf5Source source, long address)
    {
        var header = new Hdf5ObjectHeader(source, address);
        var blocks = new Queue<(long Address, long Length)>();
        var start = new Hdf5Cursor(source, address, 16, "an object header");
        if (start.Part(4, "an object header").Bytes(4).SequenceEqual("OHDR"u8))
        {
            start.Version(2, 2);
            int flags = start.Byte();
            int trackedOrder = (flags & 0x04) != 0 ? 2 : 0;
            int prefix = 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
            int sizeLength = 1 << (flags & 3);
            var size = new Hdf5Cursor(source, address + prefix, sizeLength, "an object header");
            blocks.Enqueue((address + prefix + sizeLength, size.Number(sizeLength)));
            header.ReadBlocks(blocks, version: 2, trackedOrder);
        }
        else
        {
            var old = new Hdf5Cursor(source, address, 16, "an object header");
            old.Version(1, 1);
            old.Skip(7);
            blocks.Enqueue((address + 16, old.UInt32()));
            header.ReadBlocks(blocks, version: 1, trackedOrder: 0);
        }

        return header;
    }

    /// <summary>Whether there is a message of a type.</summary>
    public bool Has(Hdf5MessageType type) => _messages.Exists(message => message.Type == type);

    /// <summary>The place of the first message of a type, to be read with <see cref="Cursor"/>; null where there is none.</summary>
    public Message? Find(Hdf5MessageType type) => _messages.Find(message => message.Type == type);

    /// <summary>All messages of a type.</summary>
    public IEnumerable<Message> All(Hdf5MessageType type) => _messages.Where(message => message.Type == type);

    /// <summary>Reads a message.</summary>
    public Hdf5Cursor Cursor(Message message) => new(Source, message.Address, message.Length, $"a {message.Type} message");

    /// <summary>The attributes, compact and dense ones, by name.</summary>
    public IReadOnlyDictionary<string, Hdf5Attribute> ReadAttributes()
    {
        var attributes = new Dictionary<string, Hdf5Attribute>(StringComparer.Ordinal);
        foreach (Message message in All(Hdf5MessageType.Attribute))
        {
            Hdf5Cursor cursor = Cursor(message);
            Add(Hdf5Attribute.Read(Source, ref cursor));
        }

        if (Find(Hdf5MessageType.AttributeInfo) is { } info)
        {
            Hdf5Cursor cursor = Cursor(info);
            cursor.Version(0, 0);
            int flags = cursor.Byte();
            cursor.Skip((flags & 1) != 0 ? 2 : 0);
            foreach ((long address, int length) in Hdf5DenseStorage.Objects(Source, cursor.Offset(), cursor.Offset(), Hdf5DenseStorage.AttributeNameRecord))
            {
                var item = new Hdf5Cursor(Source, address, length, "an attribute");
                Add(Hdf5Attribute.Read(Source, ref item));
            }
        }

        return attributes;

        void Add(Hdf5Attribute? attribute)
        {
            if (attribute is not null)
            {
                attributes.TryAdd(attribute.Name, attribute);
            }
        }
    }

    private void ReadBlocks(Queue<(long Address, long Length)> blocks, int version, int trackedOrder)
    {
        int count = 0;
        while (blocks.TryDequeue(out (long Address, long Length) block))
        {
            if (++count > MostBlocks || block.Length > int.MaxValue)
            {
                throw Source.Fault("an object header has too many or too large parts; the file is damaged", block.Address);
            }

            var cursor = new Hdf5Cursor(Source, block.Address, (int)block.Length, "an object header");
            int trailer = 0;
            if (version == 2 && count > 1)
            {
                cursor.Expect("OCHK"u8);
                trailer = 4;
            }

            ReadMessages(ref cursor, trackedOrder, version, trailer, blocks);
        }
    }

    private void ReadMessages(ref Hdf5Cursor cursor, int trackedOrder, int version, int trailer, Queue<(long Address, long Length)> blocks)
    {
        int prefix = version == 1 ? 8 : 4 + trackedOrder;

        // What is left below a prefix is a gap.
        while (cursor.Remaining - trailer >= prefix)
        {
            int type = version == 1 ? cursor.UInt16() : cursor.Byte();
            int length = cursor.UInt16();
            int flags = cursor.Byte();
            cursor.Skip(version == 1 ? 3 : trackedOrder);
            long address = cursor.Address;
            Hdf5Cursor body = cursor.Part(length, "a message");
            if (type == (int)Hdf5MessageType.Continuation)
            {
                blocks.Enqueue((body.Offset(), body.Length()));
            }
            else if (Enum.IsDefined((Hdf5MessageType)type))
            {
                _messages.Add(new Message((Hdf5MessageType)type, address, length, (flags & SharedFlag) != 0));
            }
        }
    }

    /// <summary>Where a message lies.</summary>
    /// <param name="Type">What it says.</param>
    /// <param name="Address">Where its body begins.</param>
    /// <param name="Length">Bytes of its body.</param>
    /// <param name="Shared">Whether the body is only a pointer to a message elsewhere.</param>
    public sealed record Message(Hdf5MessageType Type, long Address, int Length, bool Shared);
}
