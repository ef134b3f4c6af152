using VggTransfer.DataQuality;

namespace VggTransfer.Tests.DataQuality;

public sealed class OutlierSearchTests
{
    [Fact]
    public void What_is_far_from_all_others_stands_out_also_where_it_lies_there_twice()
    {
        float[][] features = Vectors(60);
        int[] groups = [.. Enumerable.Range(0, 60)];
        features[10] = [.. features[10].Reverse().Select(value => -value)];
        features[40] = [.. features[10]];
        groups[40] = groups[10];
        double[] distances = OutlierSearch.Distances(features, groups, seed: 1, threads: 2, progress: null, TestContext.Current.CancellationToken);
        Assert.Equal([10, 40], distances.Index().OrderByDescending(item => item.Item).Take(2).Select(item => item.Index).Order());
        Assert.InRange(distances[10], 5, double.MaxValue);
        Assert.Equal(1, distances.Order().ElementAt(30), 9);
        Assert.InRange(distances.Where((_, i) => i is not (10 or 40)).Max(), 1, 2);
    }

    [Fact]
    public void Equal_vectors_have_no_outlier_and_zeros_do_no_harm()
    {
        float[][] features = [.. Enumerable.Range(0, 25).Select(_ => new float[8])];
        Assert.All(OutlierSearch.Distances(features, [.. Enumerable.Range(0, 25)], 1, 2, null, TestContext.Current.CancellationToken), distance => Assert.True(double.IsFinite(distance)));
    }

    [Fact]
    public void The_distance_is_that_to_the_tenth_neighbour()
    {
        // A hundred angles 0.01 apart: chords are 2 sin(angle / 2). From the end the tenth is ten steps away, from within five.
        float[][] features = [.. Enumerable.Range(0, 101).Select(i => new[] { (float)Math.Cos(i * 0.01), (float)Math.Sin(i * 0.01) })];
        double[] distances = OutlierSearch.Distances(features, [.. Enumerable.Range(0, 101)], 1, 1, null, TestContext.Current.CancellationToken);
        Assert.Equal(Math.Sin(0.05) / Math.Sin(0.025), distances[0], 0.05);
        Assert.Equal(1, distances[50], 0.02);
    }

    private static float[][] Vectors(int count)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 32).Select(i => (i < 16 ? 1f : 0.1f) + (random.NextSingle() * 0.1f)).ToArray())];
    }
}
