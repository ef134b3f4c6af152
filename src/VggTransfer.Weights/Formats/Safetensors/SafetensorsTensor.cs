using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>A tensor as a safetensors file lists it. Its bytes belong to the <see cref="SafetensorsFile"/> and live as long.</summary>
internal sealed class SafetensorsTensor
{
    internal SafetensorsTensor(string name, SafetensorsDataType dataType, IReadOnlyList<int> shape, long position, ReadOnlyMemory<byte> data)
    {
        Name = name;
        DataType = dataType;
        Shape = shape;
        Position = position;
        Data = data;
    }

    /// <summary>The tensor's name; unique in its file.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public SafetensorsDataType DataType { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar. A dimension may be 0.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Where its bytes begin in the file.</summary>
    public long Position { get; }

    /// <summary>Its bytes, row-major, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The type in terms of models; null for the types that weights aren't stored in.</summary>
    public TensorType? TensorType => DataType switch
    {
        SafetensorsDataType.F32 => Models.TensorType.Float32,
        SafetensorsDataType.F16 => Models.TensorType.Float16,
        SafetensorsDataType.BF16 => Models.TensorType.BFloat16,
        _ => null,
    };

    /// <summary>The same tensor as a model's, over the same bytes.</summary>
    /// <exception cref="NotSupportedException">The type is none of F32, F16 and BF16, or a dimension is 0.</exception>
    public ModelTensor ToModelTensor()
    {
        if (TensorType is not { } type)
        {
            throw new NotSupportedException($"Tensor '{Name}' holds {DataType}, and weights must be F32, F16 or BF16.");
        }

        return Shape.Contains(0)
            ? throw new NotSupportedException($"Tensor '{Name}' of shape ({string.Join(", ", Shape)}) is empty, and weights never are.")
            : new ModelTensor(Name, Shape, type, Data);
    }
}
