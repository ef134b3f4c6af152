using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>Opens a safetensors file as a <see cref="VggModel"/>.</summary>
internal static class SafetensorsModelReader
{
    // PyTorch's count of training steps, an integer beside each batch norm; inference has no use for it.
    private const string StepCounterSuffix = ".num_batches_tracked";

    /// <summary>
    /// Maps the file; the model owns the mapping. A file that <see cref="SafetensorsModelWriter"/> wrote comes back exactly,
    /// at the cost of its header. In any other file the architecture is recognised from the names (torchvision's, timm's, and
    /// those with something in front) and the shapes, its preprocessing is unknown (null), and the weights are read once to
    /// refuse NaN and infinity.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It isn't a sound safetensors file, or holds no VGG.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static VggModel Read(string path) => ReadContent(path).Model;

    /// <summary>Makes a model of an open file, which the model then owns and disposes.</summary>
    /// <param name="file">The file. If this throws, it stays the caller's to dispose.</param>
    /// <exception cref="InvalidModelFileException">It holds no VGG.</exception>
    public static VggModel Read(SafetensorsFile file) => ReadContent(file).Model;

    /// <summary>As <see cref="Read(string)"/>, with notes on what was left out or assumed.</summary>
    internal static WeightsContent ReadContent(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return ReadContent(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static WeightsContent ReadContent(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (ModelMetadata.IsPresent(file.Metadata))
        {
            ModelTensor[] tensors = [.. file.Tensors.Where(tensor => !tensor.Name.EndsWith(StepCounterSuffix, StringComparison.Ordinal)).Select(tensor => Convert(file, tensor))];
            return new WeightsContent(
                ModelMetadata.Parse(file.Metadata, file.Path, SafetensorsFile.FormatName).CreateModel(tensors, file, file.Path, SafetensorsFile.FormatName),
                WeightsFormat.Safetensors,
                []);
        }

        return ReadForeign(file);
    }

    private static WeightsContent ReadForeign(SafetensorsFile file)
    {
        TorchReading reading = TorchNames.Read([.. file.Tensors.Select(tensor => new TorchTensor(tensor.Name, [.. tensor.Shape.Select(dimension => (long)dimension)]))]);
        if (reading.Names is not { } names)
        {
            // Weights of a type that isn't read are the likelier fault than names that aren't known.
            foreach (SafetensorsTensor tensor in file.Tensors.Where(tensor => tensor.TensorType is null && !tensor.Name.EndsWith(StepCounterSuffix, StringComparison.Ordinal)))
            {
                Convert(file, tensor);
            }

            throw Fault(file, reading.Reason!);
        }

        var tensors = new List<ModelTensor>();
        foreach ((TensorSpecification specification, string? source) in names.Sources)
        {
            if (source is null)
            {
                tensors.Add(ModelTensor.FromFloat32(specification.Name, specification.Shape, new float[specification.ElementCount]));
                continue;
            }

            ModelTensor stored = FiniteWeights.Require(Convert(file, file.Find(source)!), fault => Fault(file, $"tensor '{source}' {fault}"));
            tensors.Add(new ModelTensor(specification.Name, specification.Shape, stored.Type, stored.Data));
        }

        return new WeightsContent(new VggModel(names.Architecture, tensors, file), WeightsFormat.Safetensors, names.Notes);
    }

    private static ModelTensor Convert(SafetensorsFile file, SafetensorsTensor tensor) =>
        tensor.TensorType is null || tensor.Shape.Contains(0)
        ? throw Fault(file, $"tensor '{tensor.Name}' holds {tensor.DataType} of shape ({string.Join(", ", tensor.Shape)}), and weights are F32, F16 or BF16 and never empty", tensor.Position)
        : tensor.ToModelTensor();

    private static InvalidModelFileException Fault(SafetensorsFile file, string reason, long? position = null) =>
        new(file.Path, SafetensorsFile.FormatName, reason, position);
}
