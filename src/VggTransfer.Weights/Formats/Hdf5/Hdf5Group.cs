namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>A group: links by name. Links out of the file are never followed, nor are soft ones.</summary>
internal sealed class Hdf5Group(string path, Hdf5ObjectHeader header) : Hdf5Object(path, header)
{
    private readonly Dictionary<string, Hdf5Object> _opened = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, Hdf5Link>? _links;

    /// <summary>The names in the file's order, which is alphabetical in files of the older format.</summary>
    public IEnumerable<string> Names => Links.Keys;

    private IReadOnlyDictionary<string, Hdf5Link> Links => _links ??= ReadLinks();

    /// <summary>An object below, by a path of names with slashes between; null where a name doesn't exist.</summary>
    /// <exception cref="InvalidModelFileException">A name on the way is a soft or external link, or a dataset.</exception>
    public Hdf5Object? Find(string relativePath)
    {
        Hdf5Object current = this;
        foreach (string name in relativePath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (current is not Hdf5Group group || group.Child(name) is not { } child)
            {
                return null;
            }

            current = child;
        }

        return current;
    }

    private Hdf5Object? Child(string name)
    {
        if (_opened.TryGetValue(name, out Hdf5Object? opened))
        {
            return opened;
        }

        if (!Links.TryGetValue(name, out Hdf5Link? link))
        {
            return null;
        }

        string childPath = Path == "/" ? Path + name : $"{Path}/{name}";
        Hdf5Object child = link.Kind switch
        {
            Hdf5LinkKind.Hard => Open(Header.Source, link.Address, childPath),
            Hdf5LinkKind.Soft => throw Header.Source.Fault($"'{Shorten(childPath)}' is a link to another place, and Keras writes none; save the file again with Keras"),
            _ => throw Header.Source.Fault($"'{Shorten(childPath)}' is a link to another file, and those are never followed; save the file again with everything in it"),
        };
        _opened.Add(name, child);
        return child;
    }

    private static string Shorten(string text) => MessageText.Shorten(text);

    private Dictionary<string, Hdf5Link> ReadLinks()
    {
        var links = new Dictionary<string, Hdf5Link>(StringComparer.Ordinal);
        if (Header.Find(Hdf5MessageType.SymbolTable) is { } table)
        {
            Hdf5Cursor cursor = Header.Cursor(table);
            Hdf5SymbolTable.Read(Header.Source, cursor.Offset(), cursor.Offset(), link => links.TryAdd(link.Name, link));
        }

        foreach (Hdf5ObjectHeader.Message message in Header.All(Hdf5MessageType.Link))
        {
            Hdf5Cursor cursor = Header.Cursor(message);
            var link = Hdf5Link.Read(ref cursor);
            links.TryAdd(link.Name, link);
        }

        if (Header.Find(Hdf5MessageType.LinkInfo) is { } info)
        {
            Hdf5Cursor cursor = Header.Cursor(info);
            cursor.Version(0, 0);
            int flags = cursor.Byte();
            cursor.Skip((flags & 1) != 0 ? 8 : 0);
            foreach ((long address, int length) in Hdf5DenseStorage.Objects(Header.Source, cursor.Offset(), cursor.Offset(), Hdf5DenseStorage.LinkNameRecord))
            {
                var item = new Hdf5Cursor(Header.Source, address, length, "a link");
                var link = Hdf5Link.Read(ref item);
                links.TryAdd(link.Name, link);
            }
        }

        return links;
    }
}
