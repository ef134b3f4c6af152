using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// A network's first kernel and bias, kept in the metadata of a graph that has the pixels' normalisation folded into them: dividing it out
/// again gives most numbers, but not all, as they were.
/// </summary>
internal static class FirstLayerText
{
    /// <summary>Readers before this entry existed pass over keys that don't begin with the metadata's own prefix.</summary>
    public const string Key = "vggtransfer_first_layer";

    /// <summary>Type and base64 of the kernel's numbers, then of the bias's; batch norm is folded in.</summary>
    public static string Write(VggModel model)
    {
        IReadOnlyList<VggLayer> layers = model.Architecture.Layers;
        var folded = new FoldedConvolution(model, layers[0], model.Architecture.BatchNorm ? layers[1] : null, normalization: null);
        ModelTensor[] tensors = folded.IsUnchanged
            ? [folded.Kernel, folded.Bias]
            : [ModelTensor.FromFloat32(folded.KernelName, folded.Shape, folded.KernelValues()), ModelTensor.FromFloat32(folded.BiasName, folded.Bias.Shape, folded.BiasValues())];

        // As the graph stores the other layers.
        return string.Join(' ', tensors.Select(tensor => tensor.Type == TensorType.Float16 ? tensor : tensor.ConvertTo(TensorType.Float32))
            .Select(tensor => $"{tensor.Type} {Convert.ToBase64String(tensor.Data.Span)}"));
    }

    /// <summary>The tensors of the text.</summary>
    /// <param name="text">What <see cref="Write"/> gave.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>Null if the text is something else.</returns>
    public static (ModelTensor Kernel, ModelTensor Bias)? Read(string text, VggLayer layer)
    {
        string[] parts = text.Split(' ');
        return parts.Length == 4 && Tensor(parts[0], parts[1], layer.Tensors[0]) is { } kernel && Tensor(parts[2], parts[3], layer.Tensors[1]) is { } bias ? (kernel, bias) : null;
    }

    private static ModelTensor? Tensor(string type, string numbers, TensorSpecification tensor)
    {
        byte[] bytes = new byte[numbers.Length];
        return Enum.TryParse(type, out TensorType known) && Enum.IsDefined(known)
            && Convert.TryFromBase64String(numbers, bytes, out int count) && count == tensor.ElementCount * known.ByteSize()
            ? new ModelTensor(tensor.Name, tensor.Shape, known, bytes.AsMemory(0, count))
            : null;
    }
}
