namespace VggTransfer.Images;

/// <summary>
/// The order in which a GIF stores its rows: from top to bottom, or interlaced in four passes (every 8th row from 0, every
/// 8th from 4, every 4th from 2, every 2nd from 1; GIF89a, appendix E).
/// </summary>
internal struct GifRows(int height, bool interlaced)
{
    private static ReadOnlySpan<byte> Starts => [0, 4, 2, 1];

    private static ReadOnlySpan<byte> Steps => [8, 8, 4, 2];

    private int _pass;

    /// <summary>The row that is being filled, from 0.</summary>
    public int Current { get; private set; }

    /// <summary>Rows that are complete.</summary>
    public int Finished { get; private set; }

    /// <summary>Goes on to the next row; false when all are complete.</summary>
    public bool MoveNext()
    {
        Finished++;
        if (!interlaced)
        {
            return ++Current < height;
        }

        Current += Steps[_pass];
        while (Current >= height && _pass < 3)
        {
            Current = Starts[++_pass];
        }

        return Finished < height;
    }
}
