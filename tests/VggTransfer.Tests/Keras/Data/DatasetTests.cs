using VggTransfer.Keras.Data;

namespace VggTransfer.Tests.Keras.Data;

public class DatasetTests
{
    public static TheoryData<string> Pipelines => [.. s_pipelines.Keys];

    private static readonly Dictionary<string, Func<Dataset>> s_pipelines = new()
    {
        ["batches"] = () => SmallData.Numbered(23).Batch(4),
        ["dropped remainder"] = () => SmallData.Numbered(23).Batch(4, dropRemainder: true),
        ["shuffled"] = () => SmallData.Numbered(23).Shuffle(23, seed: 5).Batch(4),
        ["small buffer"] = () => SmallData.Numbered(23).Shuffle(7, seed: 5).Batch(4),
        ["same order in each pass"] = () => SmallData.Numbered(23).Shuffle(23, seed: 5, reshuffleEachIteration: false).Batch(4),
        ["repeated samples"] = () => SmallData.Numbered(5).Shuffle(5).Repeat(3).Batch(4),
        ["endless samples"] = () => SmallData.Numbered(5).Shuffle(5).Repeat().Batch(4).Take(9),
        ["part of the samples"] = () => SmallData.Numbered(23).Skip(3).Take(11).Batch(4),
        ["repeated batches"] = () => SmallData.Numbered(10).Shuffle(10).Batch(4).Repeat(3),
        ["endless batches"] = () => SmallData.Numbered(10).Shuffle(10).Batch(4).Repeat().Take(8),
        ["repeated without a known length"] = () => new Unmeasured(SmallData.Numbered(10).Shuffle(10).Batch(4)).Repeat(3),
        ["part of the batches"] = () => SmallData.Numbered(23).Shuffle(23).Batch(4).Skip(1).Take(3),
        ["prefetched"] = () => SmallData.Numbered(23).Shuffle(23).Batch(4).Prefetch(2),
        ["cached"] = () => SmallData.Numbered(23).Shuffle(23).Batch(4).Cache(),
        ["mapped"] = () => SmallData.Numbered(23).Map((x, y) => (x / 2, y)).Batch(4).Map(batch => batch with { SampleWeight = null }),
    };

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void Skipping_gives_what_reading_on_would_have_given(string name)
    {
        Dataset dataset = s_pipelines[name]();
        for (int pass = 0; pass < 3; pass++)
        {
            int[][] whole = dataset.ReadPass(pass).Targets();
            Assert.NotEmpty(whole);
            for (int skip = 0; skip <= whole.Length + 1; skip++)
            {
                // Another dataset of the same kind, as after a restart.
                Assert.Equal(whole.Skip(skip), s_pipelines[name]().ReadPass(pass, skip).Targets());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void A_pass_has_as_many_batches_as_announced(string name)
    {
        Dataset dataset = s_pipelines[name]();
        if (dataset.Cardinality is { } cardinality)
        {
            Assert.Equal(cardinality, dataset.ReadPass(1).Count());
        }
        else
        {
            Assert.Equal("repeated without a known length", name);
        }
    }

    [Fact]
    public void A_shuffle_gives_every_sample_once_and_another_order_in_each_pass()
    {
        Dataset dataset = SmallData.Numbered(1000).Shuffle(1000, seed: 1).Batch(64);
        int[] first = dataset.Order(0), second = dataset.Order(1);
        Assert.Equal(Enumerable.Range(0, 1000), first.Order());
        Assert.Equal(Enumerable.Range(0, 1000), second.Order());
        Assert.NotEqual(first, second);
        Assert.NotEqual(Enumerable.Range(0, 1000), first);
        Assert.NotEqual(first, SmallData.Numbered(1000).Shuffle(1000, seed: 2).Batch(64).Order(0));
    }

    [Fact]
    public void Every_order_of_four_samples_is_as_likely_as_another()
    {
        var counts = new Dictionary<string, int>();
        SampleDataset samples = SmallData.Numbered(4).Shuffle(4, seed: 3);
        const int Passes = 24_000;
        for (int pass = 0; pass < Passes; pass++)
        {
            string order = string.Join("", samples.Batch(4).Order(pass));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        // Of 24 equally likely orders; chi-squared with 23 degrees of freedom exceeds 65 once in 150,000 times.
        Assert.Equal(24, counts.Count);
        double expected = Passes / 24.0;
        Assert.InRange(counts.Values.Sum(count => (count - expected) * (count - expected) / expected), 0, 65);
    }

    [Fact]
    public void A_small_buffer_never_takes_a_sample_far_ahead_of_its_turn()
    {
        int[] order = SmallData.Numbered(200).Shuffle(10, seed: 1).Batch(16).Order(0);
        Assert.Equal(Enumerable.Range(0, 200), order.Order());
        Assert.All(order.Index(), pair => Assert.True(pair.Item < pair.Index + 10));
    }

    [Fact]
    public void Inputs_targets_and_weights_stay_together()
    {
        foreach (Batch batch in SmallData.Numbered(50).Shuffle(50).Batch(8).ReadPass(0))
        {
            float[] targets = batch.Y!.ToSingles();
            Assert.Equal(targets.SelectMany(target => new[] { target, target }), batch.X.ToSingles());
            Assert.Equal(targets.Select(target => target / 2), batch.SampleWeight!.ToSingles());
        }
    }

    [Fact]
    public void The_last_batch_has_what_is_left()
    {
        Dataset dataset = SmallData.Numbered(50_000).Batch(128);
        Assert.Equal(391, dataset.Cardinality);
        Assert.Equal(80, dataset.ReadPass(0, skip: 390).Single().Count);
        Assert.Equal(390, SmallData.Numbered(50_000).Batch(128, dropRemainder: true).Cardinality);
    }

    [Fact]
    public void Repeating_reshuffles_each_time_and_passes_follow_on()
    {
        Dataset once = SmallData.Numbered(8).Shuffle(8, seed: 9).Batch(8);
        Dataset twice = SmallData.Numbered(8).Shuffle(8, seed: 9).Repeat(2).Batch(8);
        Assert.Equal([.. once.Order(0), .. once.Order(1)], twice.Order(0));
        Assert.Equal([.. once.Order(2), .. once.Order(3)], twice.Order(1));
    }

    [Fact]
    public void A_cache_reads_its_source_once()
    {
        int mapped = 0;
        Dataset dataset = SmallData.Numbered(20).Shuffle(20).Batch(5).Map(batch =>
        {
            mapped++;
            return batch;
        }).Cache();
        int[] first = dataset.Order(0);
        Assert.Equal(first, dataset.Order(3));
        Assert.Equal(4, mapped);
    }

    [Fact]
    public void Arrays_of_different_lengths_are_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Dataset.FromTensorSlices(NDArray.From(new float[6], 3, 2), NDArray.From(new int[2])));
        Assert.StartsWith("x has 3 samples, and y has 2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_of_targets_needs_targets() =>
        Assert.Throws<InvalidOperationException>(() => Dataset.FromTensorSlices(NDArray.From(new float[4], 2, 2)).Batch(2).Map((x, y) => (x, y)).ReadPass(0).Count());

    /// <summary>A dataset that doesn't know how long it is.</summary>
    private sealed class Unmeasured(Dataset source) : Dataset
    {
        public override int? Cardinality => null;

        public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default) => source.Read(pass, skip, cancellationToken);
    }
}
