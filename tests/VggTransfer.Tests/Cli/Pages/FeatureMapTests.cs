using VggTransfer.Cli;

namespace VggTransfer.Tests.Cli.Pages;

/// <summary>Oracle: what a map is for, that neighbours stay neighbours.</summary>
public sealed class FeatureMapTests
{
    [Fact]
    public void Groups_that_lie_apart_stay_apart_and_a_seed_gives_the_same_map()
    {
        var random = new Random(5);
        float[][] centres = [.. Enumerable.Range(0, 4).Select(_ => Vector(random, 40, 10))];
        float[][] features = [.. Enumerable.Range(0, 120).Select(i => Vector(random, 40, 1).Zip(centres[i % 4], (noise, centre) => noise + centre).ToArray())];

        (double X, double Y)[] places = FeatureMap.Place(features, seed: 1, TestContext.Current.CancellationToken);

        Assert.Equal(places, FeatureMap.Place(features, seed: 1, TestContext.Current.CancellationToken));
        int together = places.Index().Count(place => places.Index()
            .Where(other => other.Index != place.Index)
            .MinBy(other => Math.Pow(other.Item.X - place.Item.X, 2) + Math.Pow(other.Item.Y - place.Item.Y, 2)).Index % 4 == place.Index % 4);
        Assert.Equal(places.Length, together);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Few_and_equal_vectors_get_finite_places(int count)
    {
        (double X, double Y)[] places = FeatureMap.Place([.. Enumerable.Repeat(new float[] { 1, 2, 3 }, count)], seed: 1, TestContext.Current.CancellationToken);

        Assert.Equal(count, places.Length);
        Assert.All(places, place => Assert.True(double.IsFinite(place.X) && double.IsFinite(place.Y)));
    }

    private static float[] Vector(Random random, int length, double scale) => [.. Enumerable.Range(0, length).Select(_ => (float)(scale * (random.NextDouble() - 0.5)))];
}
