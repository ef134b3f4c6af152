using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>Caffe's <c>.caffemodel</c>.</summary>
internal sealed class CaffeFormat : IWeightsFormat
{
    public WeightsFormat Id => WeightsFormat.Caffe;

    public string Name => "Caffe's .caffemodel";

    public IReadOnlyList<string> Extensions { get; } = [".caffemodel"];

    /// <summary>Field 1, the net's name: length below 128, printable; then a field that a net has, with a length.</summary>
    public bool LooksLike(ReadOnlySpan<byte> head, string path)
    {
        const int LengthDelimited = 2;
        if (head.Length < 4 || head[0] != ((1 << 3) | LengthDelimited) || head[1] is 0 or >= 0x80 || head.Length < head[1] + 4)
        {
            return false;
        }

        ReadOnlySpan<byte> name = head.Slice(2, head[1]);
        ReadOnlySpan<byte> next = head[(2 + head[1])..];
        return !name.ContainsAnyExceptInRange((byte)' ', (byte)'~')
            && (next[0] is ((2 << 3) | LengthDelimited) or ((3 << 3) | LengthDelimited) || (next[0] == 0xA2 && next[1] == 0x06));
    }

    public WeightsContent Read(string path, WeightsReadOptions options) => CaffeModelReader.Read(path);
}
