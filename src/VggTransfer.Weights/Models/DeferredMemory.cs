using System.Buffers;

namespace VggTransfer.Models;

/// <summary>Bytes that are read when somebody first looks at them, so that shapes can be judged before weights are read.</summary>
/// <param name="length">How many there are.</param>
/// <param name="read">Reads them; called once.</param>
internal sealed class DeferredMemory(int length, Func<ReadOnlyMemory<byte>> read) : MemoryManager<byte>
{
    private Func<ReadOnlyMemory<byte>>? _read = read;
    private Memory<byte> _bytes;

    /// <inheritdoc/>
    public override Memory<byte> Memory => CreateMemory(length);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => Bytes().Span;

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => Bytes()[elementIndex..].Pin();

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private Memory<byte> Bytes()
    {
        if (_read is { } read)
        {
            _bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(read());
            _read = null;
        }

        return _bytes;
    }
}
