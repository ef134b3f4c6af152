
namespace VggTransfer.Weights.Formats.Protobuf;

/// <summary>Which file a message comes from, for what is said about faults in it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">What messages call its format.</param>
internal sealed record ProtobufSource(string Path, string Format)
{
    /// <summary>Whether the messages were taken out of the file, so that places in them aren't places in it.</summary>
    public bool IsExtracted { get; init; }

    /// <summary>The exception for a fault.</summary>
    /// <param name="reason">What is wrong and what to do, as the rest of a sentence, without a full stop.</param>
    /// <param name="position">The byte in the file where the fault lies, where there is one.</param>
    public InvalidModelFileException Fault(string reason, long? position = null) => new(Path, Format, reason, IsExtracted ? null : position);
}
