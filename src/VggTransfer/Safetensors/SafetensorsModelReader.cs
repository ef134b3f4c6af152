using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Safetensors;

/// <summary>Opens a safetensors file as a <see cref="VggModel"/>.</summary>
public static class SafetensorsModelReader
{
    // PyTorch's count of training steps, an integer beside each batch norm; inference has no use for it.
    private const string StepCounterSuffix = ".num_batches_tracked";

    /// <summary>
    /// Maps the file; the model owns the mapping. A file that <see cref="SafetensorsModelWriter"/> wrote comes back exactly,
    /// at the cost of its header. In any other file the architecture is recognised from torchvision's names and the shapes,
    /// its preprocessing is unknown (null), and the weights are read once to refuse NaN and infinity.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It isn't a sound safetensors file, or holds no VGG.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static VggModel Read(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a model of an open file, which the model then owns and disposes.</summary>
    /// <param name="file">The file. If this throws, it stays the caller's to dispose.</param>
    /// <exception cref="InvalidModelFileException">It holds no VGG.</exception>
    public static VggModel Read(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var tensors = new List<ModelTensor>();
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            if (tensor.Name.EndsWith(StepCounterSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            if (tensor.TensorType is null || tensor.Shape.Contains(0))
            {
                throw Fault(file, $"tensor '{tensor.Name}' holds {tensor.DataType} of shape ({string.Join(", ", tensor.Shape)}), and weights are F32, F16 or BF16 and never empty", tensor.Position);
            }

            tensors.Add(tensor.ToModelTensor());
        }

        return ModelMetadata.IsPresent(file.Metadata)
            ? ModelMetadata.Parse(file.Metadata, file.Path, SafetensorsFile.FormatName).CreateModel(tensors, file, file.Path, SafetensorsFile.FormatName)
            : ReadForeign(file, tensors);
    }

    private static VggModel ReadForeign(SafetensorsFile file, List<ModelTensor> tensors)
    {
        Dictionary<string, IReadOnlyList<int>> shapes = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);
        if (!ArchitectureRecognition.TryRecognise(shapes, out VggArchitecture? architecture, out string? reason))
        {
            throw Fault(file, reason);
        }

        foreach (ModelTensor tensor in tensors)
        {
            if (!tensor.IsFinite())
            {
                throw Fault(file, $"tensor '{tensor.Name}' holds NaN or infinity, so the weights are damaged or their training diverged");
            }
        }

        return new VggModel(architecture, tensors, file);
    }

    private static InvalidModelFileException Fault(SafetensorsFile file, string reason, long? position = null) =>
        new(file.Path, SafetensorsFile.FormatName, reason, position);
}
