using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace VggTransfer.Files;

/// <summary>A stretch of a mapped file as memory. Pinning it keeps the mapping alive, even past the file's disposal.</summary>
internal sealed unsafe class MappedMemory(SafeMemoryMappedViewHandle view, byte* start, int length) : MemoryManager<byte>
{
    /// <exception cref="ObjectDisposedException">The file is no longer mapped.</exception>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, typeof(MappedFile));
        return new Span<byte>(start, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, length);
        bool added = false;
        view.DangerousAddRef(ref added);
        return new MemoryHandle(start + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => view.DangerousRelease();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
