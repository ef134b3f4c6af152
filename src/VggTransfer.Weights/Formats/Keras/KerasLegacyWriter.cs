using PureHDF;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// Writes the layout of Keras 2's weights-only <c>.h5</c>: <c>layer_names</c> lists the layers, each layer's group has
/// <c>weight_names</c>. <see cref="KerasLegacyLayers"/> is its reader.
/// </summary>
internal sealed class KerasLegacyWriter
{
    // What load_weights goes by: files without a version are taken for Keras 1, whose layouts it converts.
    private const string KerasVersion = "2.15.0";
    private const string Backend = "tensorflow";

    private readonly H5File _file = new();
    private readonly List<string> _layers = [];
    private readonly List<Action<H5NativeWriter>> _fillings = [];
    private int _longestName;

    /// <summary>Adds a layer behind those before it.</summary>
    /// <param name="name">Its name, unique in the file.</param>
    /// <param name="weights">Its weights in Keras's order; none for layers without.</param>
    public void AddLayer(string name, IReadOnlyList<KerasWeight> weights)
    {
        _layers.Add(name);
        var group = new H5Group();
        _file[name] = group;
        string[] weightNames = [.. weights.Select(weight => weight.Name)];
        _longestName = Math.Max(_longestName, weightNames.Append(name).Max(System.Text.Encoding.UTF8.GetByteCount));

        // As h5py stores an empty list.
        group.Attributes["weight_names"] = weightNames.Length == 0 ? Array.Empty<double>() : weightNames;
        foreach (KerasWeight weight in weights)
        {
            string[] path = weight.Name.Split('/');
            (object dataset, Action<H5NativeWriter> fill) = weight.Plan();
            path[..^1].Aggregate(group, Inner)[path[^1]] = dataset;
            _fillings.Add(fill);
        }
    }

    /// <summary>Adds a dataset of bytes beside the layers, which Keras doesn't look at.</summary>
    public void AddBytes(string name, byte[] bytes) => _file[name] = bytes;

    /// <summary>Writes the file. Call it once, when all layers have been added.</summary>
    public void WriteTo(Stream stream, CancellationToken cancellationToken)
    {
        _file.Attributes["layer_names"] = _layers.ToArray();
        _file.Attributes["backend"] = Backend;
        _file.Attributes["keras_version"] = KerasVersion;

        // Strings of a fixed length, as h5py writes Keras's lists of bytes: Keras before 2.4 decodes nothing else. One more
        // byte than the longest name takes for the zero behind it.
        var options = new H5WriteOptions(DefaultStringLength: _longestName + 1, PreferCompactDatasetLayout: false);
        using H5NativeWriter writer = _file.BeginWrite(stream, options);
        foreach (Action<H5NativeWriter> fill in _fillings)
        {
            cancellationToken.ThrowIfCancellationRequested();
            fill(writer);
        }
    }

    private static H5Group Inner(H5Group group, string name)
    {
        if (!group.TryGetValue(name, out object? inner))
        {
            group[name] = inner = new H5Group();
        }

        return (H5Group)inner;
    }
}
