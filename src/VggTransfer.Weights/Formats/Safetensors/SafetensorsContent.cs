namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="DataType">The type of its elements.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="WriteTo">Writes its elements, row-major, little-endian: as many bytes as type and shape say.</param>
internal sealed record SafetensorsContent(string Name, SafetensorsDataType DataType, IReadOnlyList<int> Shape, Action<Stream> WriteTo)
{
    /// <summary>Bytes that its elements take.</summary>
    public long ByteCount => Shape.Aggregate((long)DataType.ByteSize(), (product, dimension) => checked(product * dimension));
}
