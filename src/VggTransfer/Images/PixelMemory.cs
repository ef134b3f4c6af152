using System.Buffers;
using System.Runtime.InteropServices;

namespace VggTransfer.Images;

/// <summary>
/// Memory for pixels at an address that stays. Up to <see cref="PooledLength"/> it comes from the pool, since fetching every page of a
/// photo anew costs more than decoding it. Beyond, it is the system's and goes back at once: the pool would keep half a
/// gigabyte for a picture that came once, such as a decompression bomb within the limits.
/// </summary>
/// <remarks>Whoever holds it disposes it, once and after the last use. Its content begins as what was there before.</remarks>
internal sealed unsafe class PixelMemory : IDisposable
{
    /// <summary>Bytes; sixteen million pixels of four bytes, as many as most cameras give.</summary>
    public const int PooledLength = 64 << 20;

    private readonly int _length;
    private byte[]? _pooled;
    private MemoryHandle _pin;
    private byte* _address;

    public PixelMemory(int length)
    {
        _length = length;
        if (length <= PooledLength)
        {
            _pooled = ArrayPool<byte>.Shared.Rent(length);
            _pin = _pooled.AsMemory().Pin();
            _address = (byte*)_pin.Pointer;
        }
        else
        {
            _address = (byte*)NativeMemory.Alloc((nuint)length);
        }
    }

    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address is null, this);
            return (nint)_address;
        }
    }

    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public Span<byte> Bytes => new((void*)Address, _length);

    public void Dispose()
    {
        if (_address is null)
        {
            return;
        }

        if (_pooled is null)
        {
            NativeMemory.Free(_address);
        }
        else
        {
            _pin.Dispose();
            ArrayPool<byte>.Shared.Return(_pooled);
            _pooled = null;
        }

        _address = null;
    }
}
