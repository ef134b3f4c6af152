using Google.Protobuf;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>The fields of a protobuf message, one after another.</summary>
internal static class ProtoFields
{
    /// <summary>Reads a field if it is one that is wanted, and says whether it did; the others are skipped.</summary>
    public delegate bool Reader((int Number, WireFormat.WireType Type) field, CodedInputStream input);

    /// <exception cref="FormatException">The message isn't sound.</exception>
    public static void Read(ReadOnlyMemory<byte> message, Reader reader)
    {
        try
        {
            using var input = new CodedInputStream(message.ToArray());
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                if (!reader((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag)), input))
                {
                    input.SkipLastField();
                }
            }
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FormatException("a message in it isn't sound protobuf; it is damaged", exception);
        }
    }
}
