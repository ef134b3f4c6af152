namespace VggTransfer.DataQuality;

/// <summary>
/// All hashes within a Hamming distance of one, found without looking at most others: multi-index hashing (Norouzi, Punjani
/// and Fleet, 2012). Of four bands of 16 bits at least one differs in no more than a quarter of the distance, so a band's
/// buckets that near hold every answer.
/// </summary>
internal sealed class HammingIndex
{
    private const int Bands = 4;
    private const int BandBits = 16;
    private const int Buckets = 1 << BandBits;

    private readonly ulong[] _hashes;
    private readonly int[][] _starts = new int[Bands][];
    private readonly int[][] _members = new int[Bands][];
    private readonly ushort[] _flips;
    private readonly int _radius;

    /// <param name="hashes">The hashes; their places are the answers.</param>
    /// <param name="radius">The largest distance, 0 to 15.</param>
    public HammingIndex(ulong[] hashes, int radius)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(radius);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(radius, 15);
        _hashes = hashes;
        _radius = radius;
        _flips = [.. Enumerable.Range(0, Buckets).Where(flip => int.PopCount(flip) <= radius / Bands).Select(flip => (ushort)flip)];
        for (int band = 0; band < Bands; band++)
        {
            Fill(band);
        }
    }

    /// <summary>The places of all hashes within the radius, each once, in no order.</summary>
    /// <param name="hash">The hash to look for.</param>
    /// <param name="found">Gets the places.</param>
    public void Find(ulong hash, ICollection<int> found)
    {
        for (int band = 0; band < Bands; band++)
        {
            int key = Key(hash, band);
            foreach (ushort flip in _flips)
            {
                int bucket = key ^ flip;
                for (int at = _starts[band][bucket]; at < _starts[band][bucket + 1]; at++)
                {
                    int place = _members[band][at];
                    if (PerceptualHash.Distance(hash, _hashes[place]) <= _radius && IsFirstBand(hash, _hashes[place], band))
                    {
                        found.Add(place);
                    }
                }
            }
        }
    }

    /// <summary>Whether no earlier band gave this answer.</summary>
    private bool IsFirstBand(ulong hash, ulong other, int band)
    {
        for (int earlier = 0; earlier < band; earlier++)
        {
            if (int.PopCount(Key(hash, earlier) ^ Key(other, earlier)) <= _radius / Bands)
            {
                return false;
            }
        }

        return true;
    }

    private void Fill(int band)
    {
        int[] starts = new int[Buckets + 1];
        foreach (ulong hash in _hashes)
        {
            starts[Key(hash, band) + 1]++;
        }

        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            starts[bucket + 1] += starts[bucket];
        }

        int[] next = [.. starts.Take(Buckets)];
        int[] members = new int[_hashes.Length];
        for (int place = 0; place < _hashes.Length; place++)
        {
            members[next[Key(_hashes[place], band)]++] = place;
        }

        (_starts[band], _members[band]) = (starts, members);
    }

    private static int Key(ulong hash, int band) => (int)(hash >> (band * BandBits)) & (Buckets - 1);
}
