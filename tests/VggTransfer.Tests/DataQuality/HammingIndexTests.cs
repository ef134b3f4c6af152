using VggTransfer.DataQuality.Duplicates;

namespace VggTransfer.Tests.DataQuality;

public sealed class HammingIndexTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(15)]
    public void It_finds_what_looking_at_every_hash_finds_each_once(int radius)
    {
        var random = new Random(radius);
        ulong[] hashes = new ulong[1500];
        for (int i = 0; i < hashes.Length; i++)
        {
            // Half of them are clustered, at distances on both sides of the radius; some are equal.
            hashes[i] = i % 2 == 0 ? (ulong)random.NextInt64() : Flip(hashes[random.Next(i)], random.Next(radius + 4), random);
        }

        var index = new HammingIndex(hashes, radius);
        foreach (ulong query in hashes.Take(400))
        {
            var found = new List<int>();
            index.Find(query, found);
            Assert.Equal(Enumerable.Range(0, hashes.Length).Where(i => PerceptualHash.Distance(query, hashes[i]) <= radius), found.Order());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(16)]
    public void A_radius_that_four_bands_cannot_serve_is_refused(int radius) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HammingIndex([1], radius));

    private static ulong Flip(ulong hash, int bits, Random random)
    {
        for (int i = 0; i < bits; i++)
        {
            hash ^= 1UL << random.Next(64);
        }

        return hash;
    }
}
