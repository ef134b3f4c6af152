using System.Runtime.InteropServices;
using VggTransfer.Files;
using VggTransfer.Similarity;

namespace VggTransfer.Tests.Similarity;

public sealed class NearestVectorsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(127, 3, 5)]
    [InlineData(129, 20, 1000)]
    [InlineData(3000, 7, 16)]
    public void It_finds_what_sorting_all_products_finds(int count, int wanted, int dimension)
    {
        (Half[] vectors, float[][] queries) = Draw(count, dimension);
        NearestVectors search = Open(vectors, dimension);
        foreach (int threads in (int[])[1, 3])
        {
            IReadOnlyList<(int Row, float Product)>[] found = search.Find(queries, wanted, threads, TestContext.Current.CancellationToken);
            for (int q = 0; q < queries.Length; q++)
            {
                double[] products = [.. Enumerable.Range(0, count).Select(row => Enumerable.Range(0, dimension).Sum(i => (double)vectors[(row * dimension) + i] * queries[q][i]))];
                Assert.Equal(Math.Min(wanted, count), found[q].Count);

                // By products and not by rows: of two that differ by a rounding error either may come first.
                Assert.All(products.OrderDescending().Take(wanted).Zip(found[q]), pair => Assert.Equal(pair.First, pair.Second.Product, 0.0005));
                Assert.All(found[q], item => Assert.Equal(products[item.Row], item.Product, 0.0005));
                Assert.Equal(found[q].Count, found[q].DistinctBy(item => item.Row).Count());
            }
        }
    }

    [Fact]
    public void Of_equal_products_the_lower_rows_come_first_whatever_the_threads()
    {
        Half[] vectors = [.. Enumerable.Range(0, 2000).SelectMany(row => new[] { (Half)(row % 10 == 3 ? 1 : 0), (Half)0 })];
        foreach (int threads in (int[])[1, 4])
        {
            Assert.Equal([3, 13, 23, 33], Open(vectors, 2).Find([[1, 0]], 4, threads, TestContext.Current.CancellationToken)[0].Select(item => item.Row));
        }
    }

    [Fact]
    public void What_is_no_number_is_never_found()
    {
        Half[] vectors = [Half.NaN, (Half)1, (Half)0.5, Half.NaN, Half.NegativeInfinity, (Half)0.25];
        Assert.Equal([1, 2, 5], Open(vectors, 1).Find([[1]], 3, 1, TestContext.Current.CancellationToken)[0].Select(item => item.Row));
    }

    private static NearestVectors Open(Half[] vectors, int dimension) =>
        new(MappedFile.InMemory(MemoryMarshal.AsBytes<Half>(vectors).ToArray(), "vectors"), 0, vectors.Length / dimension, dimension);

    private static (Half[] Vectors, float[][] Queries) Draw(int count, int dimension)
    {
        var random = new Random(count);
        return ([.. Enumerable.Range(0, count * dimension).Select(_ => (Half)((random.NextSingle() - 0.5f) / MathF.Sqrt(dimension)))],
            [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f).ToArray())]);
    }
}
