namespace VggTransfer.DataQuality;

/// <summary>Joins pairs to groups: each image gets the number of its group, which is the lowest place in it.</summary>
internal sealed class DuplicateGrouping
{
    private readonly int[] _parents;

    public DuplicateGrouping(int count) => _parents = [.. Enumerable.Range(0, count)];

    /// <summary>Groups of pictures with the same bytes, the same pixels, or nearly the same pixels.</summary>
    public static int[] Of(IReadOnlyList<ScannedImage> images, IEnumerable<NearDuplicate> near)
    {
        var grouping = new DuplicateGrouping(images.Count);
        foreach (Func<ScannedImage, string> hashOf in (Func<ScannedImage, string>[])[image => image.ContentHash, image => image.Picture!.PixelHash])
        {
            foreach (IGrouping<string, int> same in Enumerable.Range(0, images.Count).GroupBy(i => hashOf(images[i])))
            {
                foreach (int place in same)
                {
                    grouping.Join(same.First(), place);
                }
            }
        }

        foreach (NearDuplicate pair in near)
        {
            grouping.Join(pair.First, pair.Second);
        }

        return [.. Enumerable.Range(0, images.Count).Select(grouping.Find)];
    }

    public void Join(int first, int second)
    {
        int one = Find(first);
        int other = Find(second);
        _parents[Math.Max(one, other)] = Math.Min(one, other);
    }

    public int Find(int place)
    {
        while (_parents[place] != place)
        {
            _parents[place] = _parents[_parents[place]];
            place = _parents[place];
        }

        return place;
    }
}
