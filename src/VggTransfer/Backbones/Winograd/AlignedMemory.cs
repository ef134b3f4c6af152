using System.Runtime.InteropServices;

namespace VggTransfer.Backbones;

/// <summary>
/// Singles outside the managed heap, at the start of a cache line, so that vectors never straddle two lines. All zero at first: what
/// nobody writes is multiplied, too, and must be no subnormal number, which takes a hundred times as long.
/// </summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private const int CacheLine = 64;

    private readonly nuint _bytes;
    private void* _memory;

    /// <param name="length">Singles, at least 1.</param>
    /// <exception cref="OutOfMemoryException">There isn't so much memory.</exception>
    public AlignedMemory(long length)
    {
        Length = length;
        _bytes = checked((nuint)length * sizeof(float));

        // Zeroed by the operating system where it gives new pages, which clearing them would touch a second time.
        _memory = NativeMemory.AllocZeroed(_bytes + CacheLine);
        Pointer = (float*)(((nuint)_memory + CacheLine - 1) / CacheLine * CacheLine);
        GC.AddMemoryPressure((long)_bytes);
    }

    ~AlignedMemory() => Free();

    public long Length { get; }

    /// <summary>The first of them; valid until this object is disposed.</summary>
    public float* Pointer { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            NativeMemory.Free(_memory);
            _memory = null;
            GC.RemoveMemoryPressure((long)_bytes);
        }
    }
}
