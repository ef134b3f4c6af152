using VggTransfer.Quantization;

namespace VggTransfer.Tests.Quantization;

public sealed class ActivationHistogramTests
{
    [Fact]
    public void The_order_of_images_does_not_matter()
    {
        float[][] images = [.. Enumerable.Range(1, 6).Select(i => Exponential(seed: i, scale: i))];
        var forward = new ActivationHistogram();
        var backward = new ActivationHistogram();
        foreach (float[] image in images)
        {
            forward.Add(image);
        }

        foreach (float[] image in images.Reverse())
        {
            backward.Add(image);
        }

        Assert.All(Enum.GetValues<RangeMethod>(), method => Assert.Equal(forward.Limit(method), backward.Limit(method)));
    }

    /// <summary>Oracle: the sorted values.</summary>
    [Fact]
    public void The_percentile_is_that_of_the_values()
    {
        float[] values = Exponential(seed: 1, scale: 1, count: 200_000);
        var histogram = new ActivationHistogram();
        histogram.Add(values);

        float exact = values.Order().ElementAt(values.Length - 1 - 20);

        Assert.InRange(histogram.Limit(RangeMethod.Percentile), exact * 0.99, exact * 1.01);
        Assert.Equal(values.Max(), histogram.Limit(RangeMethod.MinMax));
    }

    [Fact]
    public void One_outlier_does_not_decide_the_entropy_range()
    {
        var histogram = new ActivationHistogram();
        histogram.Add(Exponential(seed: 1, scale: 1, count: 200_000));
        float before = histogram.Limit(RangeMethod.Entropy);

        histogram.Add([500]);

        Assert.InRange(before, 5, 16);
        Assert.InRange(histogram.Limit(RangeMethod.Entropy), 5, 100);
        Assert.Equal(500, histogram.Limit(RangeMethod.MinMax));
    }

    [Fact]
    public void Values_of_few_levels_are_kept_whole()
    {
        var histogram = new ActivationHistogram();
        histogram.Add([.. Enumerable.Range(0, 10_000).Select(i => i % 2 == 0 ? 0f : (float)(i % 7))]);

        Assert.Equal(6, histogram.Limit(RangeMethod.MinMax));
        Assert.Equal(6, histogram.Limit(RangeMethod.Percentile));

        // It may give the largest of few levels away to the one below.
        Assert.InRange(histogram.Limit(RangeMethod.Entropy), 5, 6);
    }

    [Fact]
    public void A_layer_that_never_spoke_has_a_range()
    {
        var histogram = new ActivationHistogram();
        histogram.Add(new float[100]);

        Assert.All(Enum.GetValues<RangeMethod>(), method => Assert.True(histogram.Limit(method) > 0));
    }

    private static float[] Exponential(int seed, double scale, int count = 20_000)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(-Math.Log(1 - random.NextDouble()) * scale))];
    }
}
