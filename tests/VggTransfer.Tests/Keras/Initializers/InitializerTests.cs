using System.Text.Json;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Initializers;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Initializers;

/// <summary>Oracle: the formulas of Keras's documentation of each initializer, and the sums of goldens/keras/notebook.json.</summary>
public sealed class InitializerTests
{
    [Theory]
    [InlineData("glorot_uniform", 2.0 / (9 * (64 + 128)))]
    [InlineData("glorot_normal", 2.0 / (9 * (64 + 128)))]
    [InlineData("he_uniform", 2.0 / (9 * 64))]
    [InlineData("he_normal", 2.0 / (9 * 64))]
    [InlineData("lecun_uniform", 1.0 / (9 * 64))]
    [InlineData("lecun_normal", 1.0 / (9 * 64))]
    [InlineData("random_uniform", 0.1 * 0.1 / 12)]
    [InlineData("random_normal", 0.05 * 0.05)]
    [InlineData("truncated_normal", 0.05 * 0.05 * 0.87962566103423978 * 0.87962566103423978)]
    public void Values_have_the_mean_and_variance_of_the_formula(string name, double variance)
    {
        double[] values = Initializer.FromName(name).Create([3, 3, 64, 128], 1).ToDoubles();
        double mean = values.Average();
        double measured = values.Sum(value => (value - mean) * (value - mean)) / values.Length;
        Assert.InRange(mean, -5 * Math.Sqrt(variance / values.Length), 5 * Math.Sqrt(variance / values.Length));

        // A normal distribution's variance is estimated to sqrt(2/n) of itself; the others are steadier.
        Assert.InRange(measured / variance, 1 - (5 * Math.Sqrt(2.0 / values.Length)), 1 + (5 * Math.Sqrt(2.0 / values.Length)));
    }

    [Fact]
    public void Uniform_values_fill_their_range_and_stay_in_it()
    {
        double limit = Math.Sqrt(6.0 / (2048 + 4096));
        float[] values = new GlorotUniform().Create([2048, 4096], 3).ToSingles();
        Assert.InRange(values.Min(), -limit, -0.9999 * limit);
        Assert.InRange(values.Max(), 0.9999 * limit, limit);
    }

    [Fact]
    public void Truncated_normal_values_stay_within_two_untruncated_deviations()
    {
        double deviation = Math.Sqrt(2.0 / 2048) / 0.87962566103423978;
        float[] values = new HeNormal().Create([2048, 512], 3).ToSingles();
        Assert.InRange(values.Max(Math.Abs), 1.99 * deviation, 2.0000001 * deviation);
    }

    [Fact]
    public void Normal_values_have_a_normal_distribution()
    {
        float[] values = new RandomNormal(0, 1).Create([1_000_000], 5).ToSingles();
        double Share(double limit) => values.Count(value => value < limit) / 1e6;
        Assert.Equal(0.00135, Share(-3), 0.0003);
        Assert.Equal(0.15866, Share(-1), 0.002);
        Assert.Equal(0.69146, Share(0.5), 0.002);
        Assert.Equal(0.97725, Share(2), 0.001);
        Assert.InRange(values.Max(), 4.2, 6.5);
    }

    /// <summary>Oracle: tables of the normal distribution's quantiles (AS 241's own check values among them).</summary>
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.25, -0.6744897501960817)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.001, -3.0902323061678132)]
    [InlineData(1e-20, -9.262340089798408)]
    public void Normal_quantiles_are_exact(double probability, double quantile) =>
        Assert.Equal(quantile, NormalQuantile.At(probability), 1e-14);

    /// <summary>Oracle: the same numbers by Python (integers, and statistics.NormalDist.inv_cdf), as float32 bits.</summary>
    [Fact]
    public void A_seed_fixes_every_value_whatever_the_machine()
    {
        float[] uniform = new GlorotUniform().Create([2, 3], 42).ToSingles();
        float[] normal = new HeNormal().Create([2, 3], 42).ToSingles();
        Assert.Equal([-1095776006, 1065327900, -1124794668, -1083005005, 1053193189, -1083010609], uniform.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([-1092641190, 1071404702, -1122493521, -1077557037, 1056849072, -1077565792], normal.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Values_do_not_depend_on_how_many_there_are()
    {
        float[] few = new RandomUniform().Create([1000], 9).ToSingles();
        float[] many = new RandomUniform().Create([300_000], 9).ToSingles();
        Assert.Equal(few, many[..1000]);
    }

    [Fact]
    public void Another_seed_gives_other_values()
    {
        float[] one = new RandomUniform().Create([1000], 9).ToSingles();
        float[] next = new RandomUniform().Create([1000], 10).ToSingles();
        Assert.Empty(one.Intersect(next));
    }

    [Fact]
    public void An_initializers_own_seed_comes_before_the_weights()
    {
        float[] one = new HeNormal(seed: 7).Create([10], 1).ToSingles();
        float[] two = new HeNormal(seed: 7).Create([10], 2).ToSingles();
        Assert.Equal(one, two);
        Assert.NotEqual(one, new HeNormal(seed: 8).Create([10], 1).ToSingles());
    }

    [Fact]
    public void Constants_fill_the_weight()
    {
        Assert.Equal([0, 0, 0], Initializer.FromName("zeros").Create([3], 1).ToSingles());
        Assert.Equal([1, 1, 1], Initializer.FromName("Ones").Create([3], 1).ToSingles());
        Assert.Equal([0.5f, 0.5f], new Constant(0.5).Create([2, 1], 1).ToSingles());
        Assert.Equal([2, 1], new Constant(0.5).Create([2, 1], 1).Shape);
    }

    [Theory]
    [InlineData("glorot_uniform", typeof(GlorotUniform))]
    [InlineData("GlorotUniform", typeof(GlorotUniform))]
    [InlineData("HeNormal", typeof(HeNormal))]
    [InlineData("normal", typeof(RandomNormal))]
    [InlineData("zero", typeof(Zeros))]
    public void Kerass_names_are_known(string name, Type type) => Assert.IsType(type, Initializer.FromName(name));

    [Fact]
    public void Wrong_arguments_are_refused_by_name()
    {
        Assert.Contains("glorot_uniform", Assert.Throws<ArgumentException>(() => Initializer.FromName("glorot")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("scale", () => new VarianceScaling(0));
        Assert.Throws<ArgumentException>("mode", () => new VarianceScaling(mode: "fan"));
        Assert.Throws<ArgumentException>("distribution", () => new VarianceScaling(distribution: "gamma"));
        Assert.Throws<ArgumentOutOfRangeException>("maxval", () => new RandomUniform(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("stddev", () => new TruncatedNormal(0, -1));
    }

    [Fact]
    public void Glorots_square_sums_are_those_of_Keras_on_the_notebooks_kernels()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("goldens/keras/notebook.json")));
        JsonElement sums = golden.RootElement.GetProperty("runs")[0].GetProperty("kernel_square_sums");
        (int In, int Out)[] channels = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512), (512, 512)];
        for (int i = 0; i < channels.Length; i++)
        {
            double keras = sums.GetProperty(i == 0 ? "conv2d/kernel" : $"conv2d_{i}/kernel").GetDouble();
            int count = 9 * channels[i].In * channels[i].Out;
            double own = new GlorotUniform().Create([3, 3, channels[i].In, channels[i].Out], (ulong)i).ToDoubles().Sum(value => value * value);

            // The squares of a uniform distribution have 2/sqrt(5) of their mean as deviation; both sums are samples.
            double tolerance = 5 * Math.Sqrt(2) * 2 / Math.Sqrt(5 * count);
            Assert.InRange(own / keras, 1 - tolerance, 1 + tolerance);
        }
    }

    [Fact]
    public void Another_initializer_can_be_written()
    {
        Initializer own = new Counting();
        Assert.Equal([0, 1, 2], own.Create([3], 0).ToSingles());
    }

    private sealed class Counting : Initializer
    {
        public override NDArray Create(IReadOnlyList<int> shape, ulong seed) =>
            NDArray.From(Enumerable.Range(0, shape[0]).Select(value => (float)value).ToArray(), [.. shape]);
    }
}
