using VggTransfer.Models;

namespace VggTransfer.Weights.Recognition;

/// <summary>Brings tensors into torchvision's layouts. The data are copied only where the order really changes.</summary>
internal static class TensorArrangement
{
    /// <summary>The same numbers under another name and shape.</summary>
    public static ModelTensor Rename(ModelTensor tensor, string name, params IReadOnlyList<int> shape) => new(name, shape, tensor.Type, tensor.Data);

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

        int positions = inputs / channels;
        if (!isInputByOutput)
        {
            return new ModelTensor(name, [outputs, inputs], weight.Type, KerasKernel.ReorderInputs(weight.Data.Span, positions, channels, weight.Type.ByteSize()));
        }

        var kernel = new KerasKernel(positions, channels, outputs, weight.Type.ByteSize());
        kernel.Add(weight.Data.Span);
        return new ModelTensor(name, [outputs, inputs], weight.Type, kernel.Result);
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
}
