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

    /// <summary>
    /// Weights drawn as He et al. (2015) propose, and batch norm statistics as training leaves them, so that values neither
    /// vanish nor explode on their way through the layers.
    /// </summary>
    public static VggModel CreateTrainable(VggArchitecture architecture, PreprocessingFamily? family = PreprocessingFamily.KerasCaffe, TensorType type = TensorType.Float32, int seed = 1)
    {
        var random = new Random(seed);
        return new VggModel(architecture, architecture.Tensors.Select(specification =>
        {
            float[] values = new float[specification.ElementCount];
            bool isKernel = specification.Shape.Count > 1;
            bool isPositive = !isKernel && (specification.Name.EndsWith("running_var", StringComparison.Ordinal) || specification.Name.EndsWith("weight", StringComparison.Ordinal));
            double scale = isKernel ? Math.Sqrt(2 / ((double)specification.ElementCount / specification.Shape[0])) : 0.1;
            foreach (ref float value in values.AsSpan())
            {
                value = isPositive ? 0.5f + random.NextSingle() : (float)(scale * Gaussian(random));
            }

            return ModelTensor.FromFloat32(specification.Name, specification.Shape, values).ConvertTo(type);
        }))
        {
            Preprocessing = family,
        };
    }

    /// <summary>A standard normal number, by Box and Muller's method.</summary>
    public static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

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
