namespace VggTransfer.Backbones;

/// <summary>
/// How a map lies in memory: channels in blocks of 16, (block, row, column, channel in block), so that 16 channels of a pixel are one
/// cache line. Around it lie the zeros that convolutions pad with: one row and column before it, and behind it as many as complete
/// the last tile of 4 x 4 and its margin. Missing channels of the last block are zero.
/// </summary>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
internal readonly record struct BlockedMap(int Channels, int Height, int Width)
{
    /// <summary>Channels of a block.</summary>
    public const int Lanes = 16;

    /// <summary>Rows and columns of a tile of the output.</summary>
    public const int Tile = 4;

    public int Blocks => (Channels + Lanes - 1) / Lanes;

    public int TileRows => (Height + Tile - 1) / Tile;

    public int TileColumns => (Width + Tile - 1) / Tile;

    public int Tiles => TileRows * TileColumns;

    /// <summary>From a pixel to the one below it.</summary>
    public int RowStride => ((TileColumns * Tile) + 2) * Lanes;

    /// <summary>From a block of channels to the next.</summary>
    public nint BlockStride => (nint)RowStride * ((TileRows * Tile) + 2);

    /// <summary>Singles of the whole map.</summary>
    public long Length => (long)BlockStride * Blocks;

    /// <summary>From the start of a block to its first pixel.</summary>
    public nint Origin => RowStride + Lanes;

    /// <summary>Makes all zero that lies around the pixels.</summary>
    public unsafe void ClearMargin(float* map)
    {
        int rowPixels = Width * Lanes;
        for (int block = 0; block < Blocks; block++)
        {
            float* start = map + (block * BlockStride);
            new Span<float>(start, RowStride + Lanes).Clear();
            for (int row = 1; row <= Height; row++)
            {
                // From the last pixel of a row to the first of the next.
                new Span<float>(start + (row * (nint)RowStride) + Lanes + rowPixels, RowStride - rowPixels - (row == Height ? Lanes : 0)).Clear();
            }

            float* below = start + ((Height + 1) * (nint)RowStride);
            new Span<float>(below, (int)(start + BlockStride - below)).Clear();
        }
    }
}
