namespace VggTransfer.Tests.Protobuf;

/// <summary>
/// Damages protocol buffers files, mostly where they have structure: at the bytes that two files with different weights
/// have in common.
/// </summary>
internal sealed class ProtobufMutation
{
    private static readonly byte[][] s_tokens =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x80, 0x80, 0x80, 0x80, 0x80, 0x40], [0x00], [0x0A, 0x00], [0x12, 0x00], [0x3A, 0x02, 0x0A, 0x00], [0x08, 0x01],
        .. new[] { "Add", "Conv", "Relu", "Gemm", "MaxPool", "Flatten", "Transpose", "Cast", "../x", "x", "location" }.Select(System.Text.Encoding.ASCII.GetBytes),
    ];

    private readonly byte[] _seed;
    private readonly int[] _structure;

    public ProtobufMutation(byte[] seed, byte[] sameWithOtherWeights)
    {
        Assert.Equal(seed.Length, sameWithOtherWeights.Length);
        _seed = seed;
        _structure = [.. Enumerable.Range(0, seed.Length).Where(i => seed[i] == sameWithOtherWeights[i])];
    }

    public byte[] Next(Random random)
    {
        List<byte> bytes = [.. _seed];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int position = Math.Min(random.Next(10) == 0 ? random.Next(bytes.Count) : _structure[random.Next(_structure.Length)], bytes.Count - 1);
            int rest = bytes.Count - position;
            switch (random.Next(8))
            {
                case 0:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[position] += (byte)(random.Next(2) == 0 ? 1 : 255);
                    break;
                case 3:
                    bytes.InsertRange(position, s_tokens[random.Next(s_tokens.Length)]);
                    break;
                case 4:
                    bytes.RemoveRange(position, Math.Min(random.Next(1, 60), rest - 1));
                    break;
                case 5:
                    bytes.InsertRange(position, bytes.GetRange(position, Math.Min(random.Next(1, 200), rest)));
                    break;
                case 6:
                    // Another piece of the file over this one: often a whole name or length.
                    int from = _structure[random.Next(_structure.Length)];
                    for (int i = random.Next(1, 30); i > 0 && position < bytes.Count && from < _seed.Length; i--)
                    {
                        bytes[position++] = _seed[from++];
                    }

                    break;
                default:
                    byte[] token = s_tokens[random.Next(s_tokens.Length)];
                    for (int i = 0; i < token.Length && position + i < bytes.Count; i++)
                    {
                        bytes[position + i] = token[i];
                    }

                    break;
            }
        }

        return random.Next(40) == 0 ? [.. bytes[..random.Next(bytes.Count)]] : [.. bytes];
    }
}
