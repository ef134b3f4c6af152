namespace VggTransfer.Models;

/// <summary>How the numbers of a tensor are stored.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE 754 half precision, 2 bytes.</summary>
    Float16,

    /// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
    BFloat16,
}

/// <summary>Facts about <see cref="TensorType"/> values.</summary>
internal static class TensorTypeExtensions
{
    /// <summary>Bytes that one number takes.</summary>
    public static int ByteSize(this TensorType type) => type == TensorType.Float32 ? 4 : 2;
}
