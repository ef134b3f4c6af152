namespace VggTransfer.DataQuality;

/// <summary>Two files that show the same picture.</summary>
/// <param name="First">Place of the one.</param>
/// <param name="Second">Place of the other, higher than <paramref name="First"/>.</param>
/// <param name="IsMirrored">Whether left and right are exchanged.</param>
/// <param name="Correlation">How alike their thumbnails are, up to 1.</param>
internal readonly record struct NearDuplicate(int First, int Second, bool IsMirrored, float Correlation);

/// <summary>
/// Finds copies that were recompressed, resized or mirrored: hashes that are near give candidates, thumbnails decide. Both
/// limits were chosen on one half of CIFAR-10's test pictures with planted copies (benchmarks, <c>planted-faults</c>).
/// </summary>
internal sealed class NearDuplicateSearch
{
    /// <summary>Of the hash's 63 bits, those that may differ.</summary>
    public const int LargestDistance = 11;

    /// <summary>Below this correlation, two pictures are only alike.</summary>
    public const float SmallestCorrelation = 0.95f;

    /// <summary>Copies keep their mean colours, to so many levels.</summary>
    public const int LargestColourDifference = 12;

    private readonly ScannedPicture[] _pictures;
    private readonly int _threads;

    public NearDuplicateSearch(ScannedPicture[] pictures, int threads)
    {
        _pictures = pictures;
        _threads = threads;
    }

    /// <summary>All pairs, in the order of their places. Pictures of one colour have no pairs: there is nothing to compare.</summary>
    public IReadOnlyList<NearDuplicate> Run(CancellationToken cancellationToken)
    {
        int[] places = [.. Enumerable.Range(0, _pictures.Length).Where(i => _pictures[i].Thumbnail.Contrast >= ImageScan.SmallestContrast)];
        var index = new HammingIndex([.. places.Select(i => _pictures[i].PerceptualHash)], LargestDistance);
        var pairs = new List<NearDuplicate>[places.Length];
        Parallel.For(0, places.Length, new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken }, at =>
        {
            pairs[at] = [];
            var found = new List<int>();
            ulong hash = _pictures[places[at]].PerceptualHash;
            foreach (bool isMirrored in (bool[])[false, true])
            {
                found.Clear();
                index.Find(isMirrored ? PerceptualHash.Mirror(hash) : hash, found);
                pairs[at].AddRange(found.Where(other => other > at).Select(other => Compare(places[at], places[other], isMirrored)).OfType<NearDuplicate>());
            }
        });
        return [.. pairs.SelectMany(pair => pair)
            .GroupBy(pair => (pair.First, pair.Second))
            .Select(group => group.MaxBy(pair => pair.Correlation))
            .OrderBy(pair => pair.First).ThenBy(pair => pair.Second)];
    }

    private NearDuplicate? Compare(int first, int second, bool isMirrored)
    {
        PictureThumbnail one = _pictures[first].Thumbnail;
        PictureThumbnail other = _pictures[second].Thumbnail;
        float correlation = one.Correlation(other, isMirrored);
        return correlation >= SmallestCorrelation && one.ColourDifference(other) <= LargestColourDifference
            ? new NearDuplicate(first, second, isMirrored, correlation)
            : null;
    }
}
