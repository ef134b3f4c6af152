using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>
/// A Skia bitmap over memory of ours: Skia's own memory for a photo goes back to the system each time, and every page of it
/// has to be fetched again.
/// </summary>
/// <remarks>Whoever holds it disposes it, which gives the memory back. Its content begins as what was there before.</remarks>
internal sealed class PooledBitmap : IDisposable
{
    private readonly PixelMemory _memory;

    public PooledBitmap(SKImageInfo info)
    {
        _memory = new PixelMemory(checked((int)info.BytesSize64));
        Bitmap = new SKBitmap();
        Bitmap.InstallPixels(info, _memory.Address);
    }

    public SKBitmap Bitmap { get; }

    public void Dispose()
    {
        Bitmap.Dispose();
        _memory.Dispose();
    }
}
