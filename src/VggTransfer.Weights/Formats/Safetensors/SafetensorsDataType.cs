namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>The element types of the safetensors format, under the format's own names (without underscores).</summary>
internal enum SafetensorsDataType
{
    /// <summary>One byte, 0 or 1.</summary>
    BOOL,

    /// <summary>Unsigned, 8 bits.</summary>
    U8,

    /// <summary>Signed, 8 bits.</summary>
    I8,

    /// <summary>Unsigned, 16 bits.</summary>
    U16,

    /// <summary>Signed, 16 bits.</summary>
    I16,

    /// <summary>Unsigned, 32 bits.</summary>
    U32,

    /// <summary>Signed, 32 bits.</summary>
    I32,

    /// <summary>Unsigned, 64 bits.</summary>
    U64,

    /// <summary>Signed, 64 bits.</summary>
    I64,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a single.</summary>
    BF16,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>8-bit float, 5 bits of exponent.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 bits of exponent.</summary>
    F8E4M3,

    /// <summary>8-bit power of two (a scale).</summary>
    F8E8M0,

    /// <summary>Complex number of two singles.</summary>
    C64,
}

/// <summary>Facts about <see cref="SafetensorsDataType"/> values.</summary>
internal static class SafetensorsDataTypeExtensions
{
    /// <summary>Bytes that one element takes.</summary>
    public static int ByteSize(this SafetensorsDataType type) => type switch
    {
        SafetensorsDataType.U16 or SafetensorsDataType.I16 or SafetensorsDataType.F16 or SafetensorsDataType.BF16 => 2,
        SafetensorsDataType.U32 or SafetensorsDataType.I32 or SafetensorsDataType.F32 => 4,
        SafetensorsDataType.U64 or SafetensorsDataType.I64 or SafetensorsDataType.F64 or SafetensorsDataType.C64 => 8,
        _ => 1,
    };

    /// <summary>How the format spells the type.</summary>
    internal static string FormatName(this SafetensorsDataType type) => type switch
    {
        SafetensorsDataType.F8E5M2 => "F8_E5M2",
        SafetensorsDataType.F8E4M3 => "F8_E4M3",
        SafetensorsDataType.F8E8M0 => "F8_E8M0",
        _ => type.ToString(),
    };
}
