namespace VggTransfer.Classification;

/// <summary>An encoded image (JPEG, PNG, ...) in memory.</summary>
/// <param name="Name">What messages and the result call it.</param>
/// <param name="Encoded">The file's bytes; they must not change until its result is there.</param>
public sealed record ImageContent(string Name, ReadOnlyMemory<byte> Encoded);
