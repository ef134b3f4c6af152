namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>The element types of torch's tensors, by torch's names.</summary>
internal enum TorchDataType
{
    Float32,
    Float64,
    Float16,
    BFloat16,
    UInt8,
    Int8,
    Int16,
    Int32,
    Int64,
    Bool,
    UInt16,
    UInt32,
    UInt64,
    Complex64,
    Complex128,

    /// <summary>Bytes whose type the tensor says (torch's UntypedStorage).</summary>
    Untyped,
}

/// <summary>Facts about <see cref="TorchDataType"/> values.</summary>
internal static class TorchDataTypes
{
    /// <summary>By the names of torch's storage classes (<c>torch/__init__.py</c>); the quantised ones are left out.</summary>
    private static readonly Dictionary<string, TorchDataType> s_storages = new(StringComparer.Ordinal)
    {
        ["FloatStorage"] = TorchDataType.Float32,
        ["DoubleStorage"] = TorchDataType.Float64,
        ["HalfStorage"] = TorchDataType.Float16,
        ["BFloat16Storage"] = TorchDataType.BFloat16,
        ["ByteStorage"] = TorchDataType.UInt8,
        ["CharStorage"] = TorchDataType.Int8,
        ["ShortStorage"] = TorchDataType.Int16,
        ["IntStorage"] = TorchDataType.Int32,
        ["LongStorage"] = TorchDataType.Int64,
        ["BoolStorage"] = TorchDataType.Bool,
        ["ComplexFloatStorage"] = TorchDataType.Complex64,
        ["ComplexDoubleStorage"] = TorchDataType.Complex128,
        ["UntypedStorage"] = TorchDataType.Untyped,
        ["_UntypedStorage"] = TorchDataType.Untyped,
    };

    private static readonly Dictionary<string, TorchDataType> s_types = new(StringComparer.Ordinal)
    {
        ["float32"] = TorchDataType.Float32,
        ["float"] = TorchDataType.Float32,
        ["float64"] = TorchDataType.Float64,
        ["double"] = TorchDataType.Float64,
        ["float16"] = TorchDataType.Float16,
        ["half"] = TorchDataType.Float16,
        ["bfloat16"] = TorchDataType.BFloat16,
        ["uint8"] = TorchDataType.UInt8,
        ["int8"] = TorchDataType.Int8,
        ["int16"] = TorchDataType.Int16,
        ["int32"] = TorchDataType.Int32,
        ["int64"] = TorchDataType.Int64,
        ["long"] = TorchDataType.Int64,
        ["bool"] = TorchDataType.Bool,
        ["uint16"] = TorchDataType.UInt16,
        ["uint32"] = TorchDataType.UInt32,
        ["uint64"] = TorchDataType.UInt64,
        ["complex64"] = TorchDataType.Complex64,
        ["complex128"] = TorchDataType.Complex128,
    };

    /// <summary>The type of a storage class such as <c>FloatStorage</c>; null for any other name.</summary>
    public static TorchDataType? OfStorage(string className) => s_storages.TryGetValue(className, out TorchDataType type) ? type : null;

    /// <summary>The type of a name such as <c>float32</c>; null for any other name.</summary>
    public static TorchDataType? OfName(string name) => s_types.TryGetValue(name, out TorchDataType type) ? type : null;

    /// <summary>Bytes of one element; 1 for <see cref="TorchDataType.Untyped"/>.</summary>
    public static int ByteSize(this TorchDataType type) => type switch
    {
        TorchDataType.Complex128 => 16,
        TorchDataType.Float64 or TorchDataType.Int64 or TorchDataType.UInt64 or TorchDataType.Complex64 => 8,
        TorchDataType.Float32 or TorchDataType.Int32 or TorchDataType.UInt32 => 4,
        TorchDataType.Float16 or TorchDataType.BFloat16 or TorchDataType.Int16 or TorchDataType.UInt16 => 2,
        _ => 1,
    };
}
