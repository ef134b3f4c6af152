using VggTransfer.Files;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// The weights of a Keras model in HDF5, layer by layer, in Keras's order and layouts, whatever the network is. Keras 2's and Keras 3's layouts are
/// read, Keras 2's is written.
/// </summary>
internal sealed class KerasWeightsFile : IDisposable
{
    private readonly Hdf5File _file;
    private readonly KerasOperation[] _layers;

    private KerasWeightsFile(Hdf5File file, KerasOperation[] layers)
    {
        _file = file;
        _layers = layers;
        Layers = [.. layers.Select(layer => layer.Name)];
    }

    /// <summary>The names of the layers that have weights, in the file's order.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>Whether a file is HDF5, by its first bytes.</summary>
    public static bool IsHdf5(string path)
    {
        using MappedFile file = MappedFile.Open(path, "weights");
        return Hdf5File.HasSignature(file.Slice(0, (int)Math.Min(8, file.Length)).Span);
    }

    /// <exception cref="InvalidModelFileException">The file is damaged, or no Keras weights.</exception>
    public static KerasWeightsFile Open(string path)
    {
        var file = Hdf5File.Open(path);
        try
        {
            KerasContent content = KerasLegacyLayers.IsPresent(file) ? KerasLegacyLayers.Read(file, path) : Keras3Layers.Read(file, config: null);
            return new KerasWeightsFile(file, [.. content.Operations.Where(operation => operation.Weights is { Count: > 0 })]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file; it appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layers">Each layer's name, unique, and its weights in Keras's order; their values are asked for when they are written.</param>
    public static void Write(string path, IEnumerable<(string Name, IReadOnlyList<(string Name, IReadOnlyList<int> Shape, Func<float[]> Values)> Weights)> layers)
    {
        var writer = new KerasLegacyWriter();
        foreach ((string layer, var weights) in layers)
        {
            writer.AddLayer(layer, [.. weights.Select(weight => new KerasWeight<float>($"{weight.Name}:0", weight.Shape, Whole(weight.Shape, weight.Values)))]);
        }

        AtomicFile.Write(path, stream => writer.WriteTo(stream, CancellationToken.None));
    }

    /// <summary>How many weights a layer has.</summary>
    public int CountOf(int layer) => _layers[layer].Weights!.Count;

    /// <summary>The shape of a layer's weight in Keras's order; null where it has no such weight.</summary>
    public IReadOnlyList<long>? ShapeOf(int layer, string variable) => _layers[layer].Weights!.GetValueOrDefault(variable)?.Space.Dimensions;

    /// <summary>A weight's values.</summary>
    /// <exception cref="InvalidModelFileException">It isn't there as a whole, or its type is none of weights.</exception>
    public (int[] Shape, float[] Values) Read(int layer, string variable) => KerasTensors.ReadInOrder(_layers[layer].Weights![variable]);

    /// <summary>What is wrong with the file, to be thrown.</summary>
    public InvalidModelFileException Fault(string reason) => _file.Fault(reason);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<(int Start, int Count, Memory<float> Values)> Whole(IReadOnlyList<int> shape, Func<float[]> read)
    {
        yield return (0, shape[0], read());
    }
}
