namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>Whole numbers in 7-bit groups, lowest first.</summary>
internal static class Varint
{
    /// <exception cref="FormatException">The number doesn't end within 64 bits or the bytes.</exception>
    public static ulong Read(ReadOnlySpan<byte> bytes, ref int position)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && position < bytes.Length; shift += 7)
        {
            byte group = bytes[position++];
            value |= (ulong)(group & 0x7F) << shift;
            if (group < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number in it has no end; it is damaged");
    }
}
