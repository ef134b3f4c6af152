using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>ONNX graphs, whatever program wrote them.</summary>
internal sealed class OnnxFormat : IWeightsFormat
{
    // The numbers of ModelProto's fields, each of which is a message or a text but for these.
    private const int IrVersionField = 1;
    private const int ModelVersionField = 5;

    public WeightsFormat Id => WeightsFormat.Onnx;

    public string Name => "ONNX";

    public IReadOnlyList<string> Extensions { get; } = [".onnx"];

    public IReadOnlyList<string> WrittenExtensions => Extensions;

    /// <summary>
    /// The version of the format comes first in every known writer's files: field 1, a small number. Behind it stand only
    /// fields that the model has.
    /// </summary>
    public bool LooksLike(ReadOnlySpan<byte> head, string path)
    {
        if (head.Length < 3 || head[0] != (IrVersionField << 3) || head[1] is 0 or >= 0x80)
        {
            return false;
        }

        int number = head[2] >> 3;
        int wireType = head[2] & 7;
        return number is 2 or 3 or 4 or 6 or 7 or 8 or 14 or 20 ? wireType == 2 : number == ModelVersionField && wireType == 0;
    }

    public WeightsContent Read(string path, WeightsReadOptions options) => OnnxModelReader.Read(path);

    public void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OnnxModelWriter.Write(options.Storage is { } type ? model.ConvertTo(type) : model, path, options.Onnx);
    }
}
