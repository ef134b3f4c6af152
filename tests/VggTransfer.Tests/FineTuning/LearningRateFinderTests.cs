using VggTransfer.FineTuning;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Tests.Engine;
using VggTransfer.Training;

namespace VggTransfer.Tests.FineTuning;

/// <summary>Oracle: a training without a search before it, and the formulas of rates and smoothing.</summary>
[Collection(SerialEngine.Name)]
public sealed class LearningRateFinderTests
{
    private static readonly NDArray s_x = Networks.Noise(1, 12, 4);
    private static readonly NDArray s_y = Networks.OneHot(3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Dataset Data => Dataset.FromTensorSlices(s_x, s_y).Batch(4);

    public static TheoryData<string> Kinds => ["schedule", "rate", "accumulation"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_training_after_a_search_is_the_one_without(string kind)
    {
        using Sequential plain = Create(Create(kind));
        using Sequential searched = Create(Create(kind));
        Fit(plain, 1);
        Fit(searched, 1);
        LearningRateCurve curve = LearningRateFinder.Find(searched, Data, new LearningRateFinderOptions { Steps = 15, To = 1 }, Token);
        Assert.Equal(15, curve.Points.Count);
        Assert.Equal(plain.Optimizer.Iterations, searched.Optimizer.Iterations);
        Assert.Equal(plain.Optimizer.LearningRate, searched.Optimizer.LearningRate);
        Assert.Equal(plain.Optimizer.HasSchedule, searched.Optimizer.HasSchedule);

        Assert.Equal(Fit(plain, 2)["loss"], Fit(searched, 2)["loss"]);
        Assert.Equal(Networks.Weights(plain.Network), Networks.Weights(searched.Network));
        Assert.Equal(State(plain), State(searched));
    }

    [Fact]
    public void Rates_grow_by_a_factor_and_losses_are_smoothed()
    {
        using Sequential model = Create(new SGD(0.5));
        LearningRateCurve curve = LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { From = 1e-4, To = 1, Steps = 9, Smoothing = 0.75 }, Token);
        Assert.Equal(1e-4, curve.Points[0].Rate);
        (double sum, double weight) = (0, 0);
        foreach ((int i, LearningRatePoint point) in curve.Points.Index())
        {
            (sum, weight) = ((0.75 * sum) + (0.25 * point.Loss), (0.75 * weight) + 0.25);
            Assert.Equal(Math.Pow(10, -4 + (i / 2.0)), point.Rate, 1e-12);
            Assert.Equal(sum / weight, point.SmoothedLoss, 1e-12);
        }

        LearningRateCurve again = LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { From = 1e-4, To = 1, Steps = 9, Smoothing = 0.75 }, Token);
        Assert.Equal(curve.Points, again.Points);
    }

    [Fact]
    public void The_losses_are_those_of_a_training_at_these_rates()
    {
        using Sequential model = Create(new SGD(0.5));
        using Sequential trained = Create(new SGD(0.5));
        LearningRateCurve curve = LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { From = 1e-3, To = 1, Steps = 7 }, Token);
        foreach ((int i, LearningRatePoint point) in curve.Points.Index())
        {
            trained.Optimizer.LearningRate = point.Rate;
            Assert.Equal(trained.CompiledNetwork.Train(new Batch(s_x.Rows(i % 3 * 4, 4), s_y.Rows(i % 3 * 4, 4)), null).Loss, point.Loss);
        }
    }

    [Fact]
    public void A_search_ends_when_the_loss_diverges()
    {
        using Sequential model = Networks.Compiled([new Input([4]), new Dense(16), new Dense(3)], optimizer: new SGD(0.5), precision: Precision.Float32);
        LearningRateCurve curve = LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { From = 1e-3, To = 1e6, Smoothing = 0 }, Token);
        Assert.InRange(curve.Points.Count, 10, 99);
        Assert.True(curve.Points[^1].SmoothedLoss > 4 * curve.Points.Min(point => point.SmoothedLoss));
        Assert.True(curve.Points[^2].SmoothedLoss <= 4 * curve.Points.Min(point => point.SmoothedLoss));
        Assert.InRange(curve.Suggestion, 1e-3, curve.Points[^1].Rate);
    }

    [Fact]
    public void A_cancelled_search_leaves_the_model_as_it_was()
    {
        using Sequential model = Create(Create("rate"));
        Dictionary<string, double[]> weights = Networks.Weights(model.Network);
        using var cancellation = new CancellationTokenSource();
        int read = 0;
        Dataset data = Data.Map(batch =>
        {
            if (++read == 5)
            {
                cancellation.Cancel();
            }

            return batch;
        });
        Assert.ThrowsAny<OperationCanceledException>(() => LearningRateFinder.Find(model, data, new LearningRateFinderOptions { From = 0.1 }, cancellation.Token));
        Assert.Equal(weights, Networks.Weights(model.Network));
        Assert.Equal(0, model.Optimizer.Iterations);
    }

    [Fact]
    public void What_can_not_be_searched_is_refused()
    {
        using Sequential model = Create(new SGD(0.5));
        Assert.Throws<ArgumentOutOfRangeException>("From", () => LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { From = 0 }, Token));
        Assert.Throws<ArgumentOutOfRangeException>("To", () => LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { To = 1e-8 }, Token));
        Assert.Throws<ArgumentOutOfRangeException>("Steps", () => LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { Steps = 1 }, Token));
        Assert.Throws<ArgumentOutOfRangeException>("Smoothing", () => LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { Smoothing = 1 }, Token));
        Assert.Throws<ArgumentOutOfRangeException>("DivergesAt", () => LearningRateFinder.Find(model, Data, new LearningRateFinderOptions { DivergesAt = 1 }, Token));
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => LearningRateFinder.Find(model, Data.Take(0), null, Token)).Message, StringComparison.Ordinal);
        Assert.Throws<TrainingDivergedException>(() => LearningRateFinder.Find(model, Dataset.FromTensorSlices(NDArray.From([double.NaN, 0, 0, 0], 1, 4), Networks.OneHot(3, 0)).Batch(1), null, Token));
    }

    private static Sequential Create(Optimizer optimizer) => Networks.Compiled(
        [new Input([4]), new Dense(6), new BatchNormalization(), new ReLU(), new Dropout(0.3), new Dense(3)], optimizer: optimizer, precision: Precision.Float32);

    private static Optimizer Create(string kind) => kind switch
    {
        "schedule" => new Adam(new ExponentialDecay(0.01, 3, 0.8), useEma: true),
        "rate" => new SGD(0.05, 0.9, nesterov: true),
        "accumulation" => new AdamW(0.01) { GradientAccumulationSteps = 2 },
        _ => throw new ArgumentException(kind),
    };

    private static History Fit(Model model, int epochs) => model.Fit(s_x, s_y, 4, epochs, Verbosity.Silent, cancellationToken: Token);

    private static Dictionary<string, double[]> State(Model model) => model.CompiledNetwork.GetOptimizerState().ToDictionary(pair => pair.Key, pair => pair.Value.ToDoubles());
}
