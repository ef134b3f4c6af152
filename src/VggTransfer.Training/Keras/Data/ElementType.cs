namespace VggTransfer.Keras.Data;

/// <summary>What an <see cref="NDArray"/> holds.</summary>
public enum ElementType
{
    /// <summary>Pixels, 0 to 255.</summary>
    UInt8,

    /// <summary>Class indices.</summary>
    Int32,

    /// <summary>4-byte floating point, the usual type of training.</summary>
    Float32,

    /// <summary>8-byte floating point.</summary>
    Float64,
}
