using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Bounds the memory for inflated, rearranged and converted numbers by the file's size, so that no small file asks for
/// much: real weights compress by a few percent only.
/// </summary>
internal sealed class MemoryBudget(MappedFile file)
{
    private const long Base = 256L << 20;
    private const long PerByteOfFile = 8;

    private long _left = Base + (PerByteOfFile * file.Length);

    /// <summary>Announces an allocation.</summary>
    /// <exception cref="InvalidModelFileException">It goes beyond the bounds.</exception>
    public void Take(long bytes)
    {
        _left -= bytes;
        if (_left < 0)
        {
            throw new InvalidModelFileException(file.Path, PyTorchModelReader.FormatName, $"its {file.Length:N0} bytes claim to unfold into far more numbers than weights do; it is damaged or hostile");
        }
    }
}
