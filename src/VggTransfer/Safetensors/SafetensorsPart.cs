namespace VggTransfer.Safetensors;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="DataType">The type of its elements.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
/// <param name="Pieces">Its bytes, row-major, little-endian; exactly as many as type and shape say. Read once.</param>
internal sealed record SafetensorsPart(string Name, SafetensorsDataType DataType, IReadOnlyList<int> Shape, IEnumerable<ReadOnlyMemory<byte>> Pieces);
