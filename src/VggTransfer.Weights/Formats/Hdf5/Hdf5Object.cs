namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>A group or a dataset.</summary>
internal abstract class Hdf5Object(string path, Hdf5ObjectHeader header)
{
    private IReadOnlyDictionary<string, Hdf5Attribute>? _attributes;

    /// <summary>The path that led to it, for messages; <c>/</c> for the root.</summary>
    public string Path { get; } = path;

    /// <summary>Its attributes by name.</summary>
    public IReadOnlyDictionary<string, Hdf5Attribute> Attributes => _attributes ??= Header.ReadAttributes();

    protected Hdf5ObjectHeader Header { get; } = header;

    /// <summary>An attribute as strings; null where there is none, or it is no string.</summary>
    public IReadOnlyList<string>? Strings(string name) => Attributes.GetValueOrDefault(name)?.ReadStrings();

    /// <summary>Makes a group or dataset of the header at an address.</summary>
    public static Hdf5Object Open(Hdf5Source source, long address, string path)
    {
        var header = Hdf5ObjectHeader.Read(source, address);
        return header.Has(Hdf5MessageType.DataLayout) ? new Hdf5Dataset(path, header) : new Hdf5Group(path, header);
    }
}
