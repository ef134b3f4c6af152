using System.Runtime.InteropServices;
using VggTransfer.Models;

namespace VggTransfer.Weights.Chains;

/// <summary>Brings tensors into torchvision's layouts. The data are copied only where the order really changes.</summary>
internal static class TensorArrangement
{
    // Side of the tile that is transposed at once: two tiles of singles fit the first cache.
    private const int Tile = 32;

    /// <summary>The same numbers under another name and shape.</summary>
    public static ModelTensor Rename(ModelTensor tensor, string name, params IReadOnlyList<int> shape) => new(name, shape, tensor.Type, tensor.Data);

    /// <summary>A tensor of one number.</summary>
    public static ModelTensor Filled(string name, int length, float value)
    {
        float[] values = new float[length];
        values.AsSpan().Fill(value);
        return ModelTensor.FromFloat32(name, [length], values);
    }

    /// <summary>A dense layer's weight as out x in, its inputs in channel, row, column order.</summary>
    /// <param name="weight">Two dimensions.</param>
    /// <param name="name">The result's name.</param>
    /// <param name="isInputByOutput">Whether it is in x out.</param>
    /// <param name="channels">Channels of the map before the layer, if its inputs are in row, column, channel order; else 1.</param>
    public static ModelTensor Dense(ModelTensor weight, string name, bool isInputByOutput, int channels)
    {
        int inputs = weight.Shape[isInputByOutput ? 0 : 1];
        int outputs = weight.Shape[isInputByOutput ? 1 : 0];
        if (!isInputByOutput && (channels == 1 || channels == inputs))
        {
            return Rename(weight, name, outputs, inputs);
        }

        byte[] arranged = GC.AllocateUninitializedArray<byte>(weight.Data.Length);
        if (weight.Type == TensorType.Float32)
        {
            Arrange(MemoryMarshal.Cast<byte, uint>(weight.Data.Span), MemoryMarshal.Cast<byte, uint>(arranged.AsSpan()), inputs, outputs, isInputByOutput, channels);
        }
        else
        {
            Arrange(MemoryMarshal.Cast<byte, ushort>(weight.Data.Span), MemoryMarshal.Cast<byte, ushort>(arranged.AsSpan()), inputs, outputs, isInputByOutput, channels);
        }

        return new ModelTensor(name, [outputs, inputs], weight.Type, arranged);
    }

    /// <summary>The axes in another order, as numpy's transpose has it.</summary>
    /// <param name="tensor">At most a few dimensions.</param>
    /// <param name="order">For each axis of the result the axis of the source; a permutation.</param>
    public static ModelTensor Transpose(ModelTensor tensor, IReadOnlyList<int> order)
    {
        int[] shape = [.. order.Select(axis => tensor.Shape[axis])];
        if (order is [1, 0])
        {
            return Dense(tensor, tensor.Name, isInputByOutput: true, channels: 1);
        }

        byte[] arranged = GC.AllocateUninitializedArray<byte>(tensor.Data.Length);
        int[] strides = new int[shape.Length];
        int stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= tensor.Shape[axis];
        }

        int size = tensor.Type.ByteSize();
        int[] steps = [.. order.Select(axis => strides[axis] * size)];
        ReadOnlySpan<byte> source = tensor.Data.Span;
        int[] index = new int[shape.Length];
        int from = 0;
        for (int to = 0; to < arranged.Length; to += size)
        {
            source.Slice(from, size).CopyTo(arranged.AsSpan(to));
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += steps[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                from -= steps[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return new ModelTensor(tensor.Name, shape, tensor.Type, arranged);
    }

    private static void Arrange<T>(ReadOnlySpan<T> source, Span<T> destination, int inputs, int outputs, bool isInputByOutput, int channels)
        where T : unmanaged
    {
        int places = inputs / channels;
        (int inputStep, int outputStep) = isInputByOutput ? (outputs, 1) : (1, inputs);
        for (int firstInput = 0; firstInput < inputs; firstInput += Tile)
        {
            int lastInput = Math.Min(firstInput + Tile, inputs);
            for (int firstOutput = 0; firstOutput < outputs; firstOutput += Tile)
            {
                int lastOutput = Math.Min(firstOutput + Tile, outputs);
                for (int input = firstInput; input < lastInput; input++)
                {
                    // The source's input is (place, channel), the destination's (channel, place).
                    int arranged = channels == 1 ? input : (input % channels * places) + (input / channels);
                    for (int output = firstOutput; output < lastOutput; output++)
                    {
                        destination[(output * inputs) + arranged] = source[(input * inputStep) + (output * outputStep)];
                    }
                }
            }
        }
    }
}
