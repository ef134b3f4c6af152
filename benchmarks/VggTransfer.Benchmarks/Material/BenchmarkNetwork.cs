using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Quantization;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Benchmarks.Material;

/// <summary>A network that figures are about, with the ranges that integers need, as a file that is mapped.</summary>
/// <param name="Name">What figures are called after: the layer.</param>
/// <param name="Path">A safetensors file in single precision; what other programs read.</param>
/// <param name="Model">The network.</param>
/// <param name="Layer">What is taken from it.</param>
/// <param name="InputSize">Side of the input in pixels.</param>
internal sealed record BenchmarkNetwork(string Name, string Path, VggModel Model, FeatureLayer Layer, int InputSize) : IDisposable
{
    /// <summary>The backbone that comes with the library, up to the average of block 5.</summary>
    public static BenchmarkNetwork Embedded(string workFolder, QuantizationOptions quantization, IReadOnlyList<string> photos, CancellationToken cancellationToken)
    {
        using VggModel backbone = PretrainedBackbones.Open();
        using VggModel single = backbone.ConvertTo(TensorType.Float32);
        return Create("block5", single, workFolder, quantization, photos, cancellationToken);
    }

    /// <summary>VGG16 at its true size up to fc7: the real convolutions, and dense layers of random weights.</summary>
    public static BenchmarkNetwork FullSize(string workFolder, QuantizationOptions quantization, IReadOnlyList<string> photos, CancellationToken cancellationToken)
    {
        using VggModel backbone = PretrainedBackbones.Open();
        using VggModel model = WithRandomTop(backbone);
        return Create("fc7", model, workFolder, quantization, photos, cancellationToken);
    }

    /// <summary>A network of 1000 classes with the convolutions of another, in single precision, and random dense layers. The same bits every time.</summary>
    public static VggModel WithRandomTop(VggModel convolutions)
    {
        VggArchitecture architecture = convolutions.Architecture with { IncludeTop = true };
        var random = new Random(1);
        return new VggModel(architecture, architecture.Tensors.Select(tensor =>
            convolutions.Tensors.TryGetValue(tensor.Name, out ModelTensor? known) ? Detach(known.ConvertTo(TensorType.Float32)) : Draw(tensor, random)))
        {
            Preprocessing = convolutions.Preprocessing,
        };
    }

    public void Dispose() => Model.Dispose();

    private static BenchmarkNetwork Create(
        string name, VggModel model, string workFolder, QuantizationOptions quantization, IReadOnlyList<string> photos, CancellationToken cancellationToken)
    {
        QuantizationResult measured = ModelQuantizer.Measure(model, photos, quantization, progress: null, cancellationToken);
        string path = System.IO.Path.Combine(workFolder, $"{name}.safetensors");
        SafetensorsModelWriter.Write(model.WithActivationRanges(measured.Ranges), path, TensorType.Float32, cancellationToken);
        VggModel mapped = SafetensorsModelReader.Read(path);
        return new BenchmarkNetwork(name, path, mapped, FeatureExtractor.DefaultLayer(mapped), quantization.InputSize ?? mapped.Architecture.InputSize);
    }

    // K. He et al., Delving Deep into Rectifiers, 2015, with a uniform distribution: activations keep their size from layer to
    // layer, as trained ones do, so that integers have the usual ranges to deal with.
    private static ModelTensor Draw(TensorSpecification tensor, Random random)
    {
        float[] values = new float[tensor.Shape.Aggregate(1L, (product, dimension) => product * dimension)];
        if (tensor.Shape.Count > 1)
        {
            float limit = MathF.Sqrt(6f / tensor.Shape[1]);
            random.NextBytes(MemoryMarshal.AsBytes(values.AsSpan()));
            foreach (ref float value in values.AsSpan())
            {
                value = limit * ((BitConverter.SingleToUInt32Bits(value) / (float)uint.MaxValue * 2) - 1);
            }
        }

        return ModelTensor.FromFloat32(tensor.Name, tensor.Shape, values);
    }

    // What lies in the backbone's mapped file must outlive it.
    private static ModelTensor Detach(ModelTensor tensor) => new(tensor.Name, tensor.Shape, tensor.Type, tensor.Data.ToArray());
}
