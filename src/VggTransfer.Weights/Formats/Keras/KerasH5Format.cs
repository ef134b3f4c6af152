using VggTransfer.Models;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Keras's HDF5: whole models and weights-only files.</summary>
internal sealed class KerasH5Format : IWeightsFormat
{
    public WeightsFormat Id => WeightsFormat.KerasH5;

    public string Name => "Keras's .h5";

    public IReadOnlyList<string> Extensions { get; } = [".h5", ".hdf5"];

    public IReadOnlyList<string> WrittenExtensions { get; } = [".h5"];

    public bool LooksLike(ReadOnlySpan<byte> head, string path) => Hdf5File.HasSignature(head);

    public WeightsContent Read(string path, WeightsReadOptions options) => KerasH5ModelReader.Read(path, options);

    public void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken) =>
        KerasH5ModelWriter.Write(model, path, options.Storage, cancellationToken);
}
