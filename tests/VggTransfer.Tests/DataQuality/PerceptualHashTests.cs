using VggTransfer.DataQuality;

namespace VggTransfer.Tests.DataQuality;

public sealed class PerceptualHashTests
{
    [Fact]
    public void The_hash_of_the_mirror_picture_is_the_mirrored_hash()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            float[] grey = Picture(seed);
            float[] mirrored = [.. grey.Chunk(PerceptualHash.Side).SelectMany(row => row.Reverse())];
            Assert.Equal(PerceptualHash.Mirror(PerceptualHash.Compute(grey)), PerceptualHash.Compute(mirrored));
            Assert.Equal(PerceptualHash.Compute(grey), PerceptualHash.Mirror(PerceptualHash.Compute(mirrored)));
        }
    }

    [Fact]
    public void Its_bits_are_the_signs_of_the_cosine_transform()
    {
        // One frequency alone has one positive sign; the rest is rounding about zero, so that it is added to a picture with all signs negative.
        for (int u = 0; u < 8; u++)
        {
            for (int v = u == 0 ? 1 : 0; v < 8; v++)
            {
                float[] grey = [.. Enumerable.Range(0, 1024).Select(i => Enumerable.Range(0, 64).Sum(f => (f / 8 == u && f % 8 == v ? 1 : -1) * Cosine(f / 8, i % 32) * Cosine(f % 8, i / 32)))];
                Assert.Equal(1, System.Numerics.BitOperations.PopCount(PerceptualHash.Compute(grey)));
            }
        }

        static float Cosine(int frequency, int position) => (float)Math.Cos(Math.PI * frequency * (position + 0.5) / 32);
    }

    [Fact]
    public void Little_noise_changes_few_bits_and_another_picture_changes_many()
    {
        var random = new Random(1);
        for (int seed = 0; seed < 50; seed++)
        {
            float[] grey = Picture(seed);
            ulong hash = PerceptualHash.Compute(grey);
            Assert.InRange(PerceptualHash.Distance(hash, PerceptualHash.Compute([.. grey.Select(value => value + random.Next(-3, 4))])), 0, 6);
            Assert.InRange(PerceptualHash.Distance(hash, PerceptualHash.Compute(Picture(seed + 1000))), 14, 50);
        }
    }

    private static float[] Picture(int seed)
    {
        var random = new Random(seed);
        float[] waves = [.. Enumerable.Range(0, 64).Select(_ => (random.NextSingle() - 0.5f) * 60)];
        return [.. Enumerable.Range(0, 1024).Select(i => Enumerable.Range(0, 64).Sum(f =>
            waves[f] * (float)(Math.Cos(Math.PI * (f / 8) * ((i % 32) + 0.5) / 32) * Math.Cos(Math.PI * (f % 8) * ((i / 32) + 0.5) / 32))))];
    }
}
