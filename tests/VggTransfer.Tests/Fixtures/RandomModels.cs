using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Tests.Fixtures;

/// <summary>Models with random weights, the same for the same seed.</summary>
internal static class RandomModels
{
    /// <summary>A VGG11 of 1/64 of the paper's width: the smallest there is.</summary>
    public static readonly VggArchitecture Tiny = new() { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 64, InputSize = 32, DenseUnits = 3, Classes = 2 };

    public static VggModel Create(VggArchitecture architecture, TensorType type = TensorType.Float32, int seed = 1)
    {
        var random = new Random(seed);
        return new VggModel(architecture, architecture.Tensors.Select(specification =>
        {
            float[] values = new float[specification.ElementCount];
            foreach (ref float value in values.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }

            return ModelTensor.FromFloat32(specification.Name, specification.Shape, values).ConvertTo(type);
        }));
    }

    public static void AssertSameTensors(VggModel expected, VggModel actual)
    {
        Assert.Equal(expected.Architecture, actual.Architecture);
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        foreach ((string name, ModelTensor tensor) in expected.Tensors)
        {
            Assert.Equal(tensor.Type, actual.Tensors[name].Type);
            Assert.Equal(tensor.Shape, actual.Tensors[name].Shape);
            Assert.True(tensor.Data.Span.SequenceEqual(actual.Tensors[name].Data.Span), name);
        }
    }
}
