using System.Runtime.InteropServices;
using VggTransfer.Models;

namespace VggTransfer.Tests.Models;

public sealed class KerasKernelTests
{
    /// <summary>Shapes in torchvision's order; more outputs and rows than are moved at once, and some that fill no tile.</summary>
    public static TheoryData<int[], int?> Shapes => new()
    {
        { [35, 4, 3, 2], null },
        { [16, 3, 1, 1], null },
        { [18, 150], null },
        { [35, 4 * 9], 4 },
        { [7], null },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pieces_are_in_kerass_order_and_come_back(int[] shape, int? mapChannels)
    {
        ModelTensor tensor = Numbered(shape);
        float[] inKeras = [.. KerasKernel.Pieces<float>(tensor, mapChannels).SelectMany(piece => piece.Values.ToArray())];
        Assert.Equal(InKeras(tensor, mapChannels), inKeras);

        var kernel = new KerasKernel(shape, sizeof(float), mapChannels);
        int firstLength = Math.Min(3, inKeras.Length / kernel.RowLength) * kernel.RowLength;
        kernel.Add(MemoryMarshal.AsBytes(inKeras.AsSpan(0, firstLength)));
        kernel.Add(MemoryMarshal.AsBytes(inKeras.AsSpan(firstLength)));
        Assert.Equal(tensor.Data.ToArray(), kernel.Result.ToArray());
    }

    [Fact]
    public void Inputs_of_a_flattened_map_are_reordered_in_either_layout()
    {
        const int positions = 6;
        const int channels = 5;
        ModelTensor tensor = Numbered([9, positions * channels]);
        float[] values = tensor.ToSingles();
        float[] channelsLast = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int column = i % (positions * channels);
            channelsLast[i - column + (column % positions * channels) + (column / positions)] = values[i];
        }

        Assert.Equal(tensor.Data.ToArray(), KerasKernel.ReorderInputs(MemoryMarshal.AsBytes(channelsLast.AsSpan()), positions, channels, sizeof(float)));
    }

    private static ModelTensor Numbered(int[] shape) =>
        ModelTensor.FromFloat32("t", shape, [.. Enumerable.Range(0, shape.Aggregate(1, (product, dimension) => product * dimension)).Select(i => (float)i)]);

    /// <summary>By the definition, number by number.</summary>
    private static List<float> InKeras(ModelTensor tensor, int? mapChannels)
    {
        float[] values = tensor.ToSingles();
        var result = new List<float>();
        switch (tensor.Shape)
        {
            case [int outputs, int inputs, int height, int width]:
                for (int place = 0; place < height * width; place++)
                {
                    for (int input = 0; input < inputs; input++)
                    {
                        result.AddRange(Enumerable.Range(0, outputs).Select(output => values[(((output * inputs) + input) * height * width) + place]));
                    }
                }

                break;
            case [int outputs, int inputs]:
                int channels = mapChannels ?? inputs;
                int places = inputs / channels;
                for (int place = 0; place < places; place++)
                {
                    for (int channel = 0; channel < channels; channel++)
                    {
                        result.AddRange(Enumerable.Range(0, outputs).Select(output => values[(output * inputs) + (channel * places) + place]));
                    }
                }

                break;
            default:
                result.AddRange(values);
                break;
        }

        return result;
    }
}
