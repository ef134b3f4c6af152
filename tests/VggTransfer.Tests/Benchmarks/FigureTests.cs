using System.Text.Json;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Tests.Benchmarks;

/// <summary>What the lines of the benchmark's table mean. Oracle: arithmetic by hand.</summary>
public sealed class FigureTests
{
    [Fact]
    public void A_ratio_above_1_means_ours_is_better_whatever_is_counted()
    {
        Assert.Equal(2, Figure.Compare("rate", "", [20], [10], Unit.ImagesPerSecond).Ratio.Median);
        Assert.Equal(2, Figure.Compare("time", "", [10], [20], Unit.Seconds).Ratio.Median);
        Assert.Equal(2, Figure.Compare("memory", "", [10], [20], Unit.Megabytes).Ratio.Median);
        Assert.Equal(0.5, Figure.Compare("cosine", "", [0.5], [1], Unit.Cosine).Ratio.Median);
    }

    [Fact]
    public void The_ratio_is_the_median_of_pairs_and_not_the_ratio_of_medians()
    {
        Figure figure = Figure.Compare("rate", "", [10, 40, 30], [10, 10, 20], Unit.ImagesPerSecond);

        Assert.Equal((30, 10), (figure.Ours, figure.Peer));
        Assert.Equal(new Spread(1.5, 1, 4), figure.Ratio);
    }

    [Fact]
    public void An_even_number_of_rounds_has_the_mean_of_the_middle_two_as_median() =>
        Assert.Equal(new Spread(2.5, 1, 10), Spread.Of([10, 1, 3, 2]));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_measurement_that_is_no_positive_number_is_refused(double broken)
    {
        Assert.Contains("'rate'", Assert.Throws<ArgumentException>(() => Figure.Compare("rate", "", [broken], [1], Unit.Seconds)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Figure.Compare("rate", "", [1], [broken], Unit.Seconds));
    }

    [Fact]
    public void Ways_are_measured_in_turns_and_absent_ones_have_no_line()
    {
        var order = new List<string>();
        Contender Way(string name, double value) => new(name, () =>
        {
            order.Add(name);
            return value * order.Count;
        });

        Rounds rounds = Rounds.Measure([Way("a", 1), Way("b", 1)], 2, TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b", "a", "b"], order);
        Figure figure = Assert.Single(rounds.Compare("a_vs_b", "", "a", "b", Unit.Seconds));
        Assert.Equal((2, 3), (figure.Ours, figure.Peer));
        Assert.Empty(rounds.Compare("a_vs_c", "", "a", "c", Unit.Seconds));
    }

    [Fact]
    public void The_JSON_form_is_a_list_of_five_properties()
    {
        JsonElement list = JsonDocument.Parse(FigureJson.Serialize([Figure.Compare("start_s", "a start", [1], [4], Unit.Seconds)])).RootElement;

        JsonElement figure = Assert.Single(list.EnumerateArray());
        Assert.Equal(["name", "ours", "peer", "ratio", "unit"], figure.EnumerateObject().Select(property => property.Name));
        Assert.Equal("start_s", figure.GetProperty("name").GetString());
        Assert.Equal(4, figure.GetProperty("ratio").GetDouble());
        Assert.Equal("s", figure.GetProperty("unit").GetString());
    }

    [Fact]
    public void The_table_shows_ratio_and_spread() => Assert.Equal(
        [
            "| name  | what    | ours | peer | unit | ratio | least to greatest |",
            "|-------|---------|------|------|------|-------|-------------------|",
            "| start | a start | 1.50 | 12.0 | s    | 8.67  | 6.00 to 11.3      |",
        ],
        FigureTable.Lines([new Figure("start", "a start", 1.5, 12, new Spread(8.67, 6, 11.3), Unit.Seconds)]));
}
