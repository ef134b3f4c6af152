using VggTransfer.Augmentation;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Keras.Data;

namespace VggTransfer.Tests.Augmentation;

public class BatchMixingTests
{
    private const int Side = 10;

    [Fact]
    public void Mixup_blends_inputs_as_it_blends_targets()
    {
        // Every pixel of sample i is 10 i, and its class is i: a blended pixel follows from the blended target.
        foreach (Batch batch in Flat(24, 6).MixUp(0.4, seed: 1).ReadPass(0))
        {
            foreach ((float[] pixels, float[] target) in Rows(batch))
            {
                Assert.Equal(1, target.Sum(), 1e-6);
                Assert.InRange(target.Count(share => share > 0), 1, 2);
                float expected = target.Select((share, i) => share * 10 * i).Sum();
                Assert.All(pixels, pixel => Assert.Equal(expected, pixel, 1e-3));
            }
        }
    }

    [Fact]
    public void Cutmix_targets_are_the_shares_of_the_area()
    {
        int cut = 0;
        foreach (Batch batch in Flat(24, 6).CutMix(1, seed: 1).Repeat(4).ReadPass(0))
        {
            Assert.Equal(ElementType.UInt8, batch.X.Type);
            foreach ((float[] pixels, float[] target) in Rows(batch))
            {
                Assert.Equal(1, target.Sum(), 1e-6);
                for (int i = 0; i < target.Length; i++)
                {
                    Assert.Equal(pixels.Count(pixel => pixel == 10 * i) / (float)pixels.Length, target[i], 1e-6);
                }

                cut += target.Count(share => share > 0) == 2 ? 1 : 0;
            }
        }

        Assert.InRange(cut, 40, 96);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(3)]
    public void Shares_have_the_beta_distributions_moments(double alpha)
    {
        var random = new SampleRandom(5);
        double[] shares = [.. Enumerable.Range(0, 20_000).Select(_ => random.SymmetricBeta(alpha))];
        Assert.All(shares, share => Assert.InRange(share, 0, 1));
        Assert.Equal(0.5, shares.Average(), 0.012);
        Assert.Equal(1 / (4 * ((2 * alpha) + 1)), shares.Select(share => (share - 0.5) * (share - 0.5)).Average(), 0.004);
    }

    [Fact]
    public void A_tiny_alpha_leaves_one_of_the_two()
    {
        var random = new SampleRandom(5);
        Assert.All(Enumerable.Range(0, 200).Select(_ => random.SymmetricBeta(1e-5)), share => Assert.True(share is < 1e-6 or > 1 - 1e-6));
    }

    [Fact]
    public void Normal_numbers_have_mean_0_and_deviation_1()
    {
        var random = new SampleRandom(6);
        double[] values = [.. Enumerable.Range(0, 20_000).Select(_ => random.Normal())];
        Assert.Equal(0, values.Average(), 0.03);
        Assert.Equal(1, values.Select(value => value * value).Average(), 0.04);
        Assert.Equal(0.6827, values.Count(value => Math.Abs(value) < 1) / 20_000.0, 0.015);
    }

    [Fact]
    public void Mixtures_follow_from_seed_pass_and_batch_alone()
    {
        Dataset Make(int seed) => Flat(24, 6).MixUpOrCutMix(0.4, 1, seed);
        float[][] pass3 = Values(Make(1).ReadPass(3));
        Assert.Equal(pass3, Values(Make(1).Prefetch().ReadPass(3)));
        Assert.Equal(pass3.Skip(2), Values(Make(1).ReadPass(3, skip: 2)));
        Assert.NotEqual(pass3, Values(Make(1).ReadPass(2)));
        Assert.NotEqual(pass3, Values(Make(2).ReadPass(3)));
    }

    [Fact]
    public void Each_of_the_two_gets_about_half_of_the_batches()
    {
        ElementType[] types = [.. Enumerable.Range(0, 50).SelectMany(pass => Flat(24, 6).MixUpOrCutMix(0.4, 1).ReadPass(pass)).Select(batch => batch.X.Type)];
        Assert.InRange(types.Count(type => type == ElementType.UInt8), 70, 130);
        Assert.All(Flat(24, 6).MixUpOrCutMix(0.4, 0).ReadPass(0), batch => Assert.Equal(ElementType.Float32, batch.X.Type));
        Assert.All(Flat(24, 6).MixUpOrCutMix(0, 1).ReadPass(0), batch => Assert.Equal(ElementType.UInt8, batch.X.Type));
        Dataset plain = Flat(24, 6);
        Assert.Same(plain, plain.MixUpOrCutMix(0, 0));
    }

    [Fact]
    public void Class_indices_and_bad_alphas_are_refused()
    {
        Assert.Contains("ToCategorical", Assert.Throws<ArgumentException>(() => SmallData.Numbered(4).Batch(2).MixUp(0.2).ReadPass(0).Count()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Dataset.FromTensorSlices(NDArray.From(new float[8], 4, 2), NDArray.From(new float[8], 4, 2)).Batch(2).CutMix(1).ReadPass(0).Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => Flat(4, 2).MixUp(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Flat(4, 2).CutMix(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Flat(4, 2).MixUpOrCutMix(-1, 1));
    }

    private static Dataset Flat(int count, int batchSize) => Dataset.FromTensorSlices(
        NDArray.From([.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)(10 * i), Side * Side * 3))], count, Side, Side, 3),
        NDArray.From([.. Enumerable.Range(0, count)], count).ToCategorical(count)).Batch(batchSize);

    private static IEnumerable<(float[] Pixels, float[] Target)> Rows(Batch batch) =>
        batch.X.ToSingles().Chunk(batch.X.RowLength).Zip(batch.Y!.ToSingles().Chunk(batch.Y.RowLength));

    private static float[][] Values(IEnumerable<Batch> batches) => [.. batches.Select(batch => (float[])[.. batch.X.ToSingles(), .. batch.Y!.ToSingles()])];
}
