using System.Buffers;
using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>
/// A Skia bitmap over a pooled array: Skia's own memory for a photo goes back to the system each time, and every page of it
/// has to be fetched again.
/// </summary>
/// <remarks>Whoever holds it disposes it, which gives the array back to the pool. Its content begins as what was there before.</remarks>
internal sealed class PooledBitmap : IDisposable
{
    private readonly byte[] _array;
    private MemoryHandle _pin;
    private bool _disposed;

    public unsafe PooledBitmap(SKImageInfo info)
    {
        _array = ArrayPool<byte>.Shared.Rent(checked((int)info.BytesSize64));
        _pin = _array.AsMemory().Pin();
        Bitmap = new SKBitmap();
        Bitmap.InstallPixels(info, (nint)_pin.Pointer);
    }

    public SKBitmap Bitmap { get; }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Bitmap.Dispose();
        _pin.Dispose();
        ArrayPool<byte>.Shared.Return(_array);
    }
}
