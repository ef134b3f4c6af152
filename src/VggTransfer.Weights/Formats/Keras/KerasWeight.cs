using PureHDF;
using PureHDF.Selections;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>A weight to be written into a Keras file.</summary>
/// <param name="Name">Keras's name: <c>block1_conv1/kernel:0</c>.</param>
/// <param name="Shape">Keras's dimensions.</param>
internal abstract record KerasWeight(string Name, IReadOnlyList<int> Shape)
{
    /// <summary>The dataset to put into the file's structure, and what fills it once the structure is written.</summary>
    public abstract (object Dataset, Action<H5NativeWriter> Fill) Plan();
}

/// <summary>A weight of a type of numbers.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="Half"/>.</typeparam>
/// <param name="Name">Keras's name.</param>
/// <param name="Shape">Keras's dimensions.</param>
/// <param name="Pieces">The numbers in order, in pieces along the first dimension; a piece's memory may be used for the next.</param>
internal sealed record KerasWeight<T>(string Name, IReadOnlyList<int> Shape, IEnumerable<(int Start, int Count, Memory<T> Values)> Pieces) : KerasWeight(Name, Shape)
    where T : unmanaged
{
    public override (object Dataset, Action<H5NativeWriter> Fill) Plan()
    {
        ulong[] dimensions = [.. Shape.Select(dimension => (ulong)dimension)];
        var dataset = new H5Dataset<Memory<T>>(dimensions);
        return (dataset, writer =>
        {
            foreach ((int start, int count, Memory<T> values) in Pieces)
            {
                ulong[] starts = new ulong[dimensions.Length];
                starts[0] = (ulong)start;
                writer.Write(dataset, values, fileSelection: new HyperslabSelection(dimensions.Length, starts, [(ulong)count, .. dimensions[1..]]));
            }
        });
    }
}
