using System.Diagnostics;
using VggTransfer.Keras.FineTuning;
using VggTransfer.Tests.Keras.Engine;

namespace VggTransfer.Tests.Keras.FineTuning;

[Collection(SerialEngine.Name)]
public sealed class FineTuningBudgetTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new(images: 10);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_wish_that_fits_stays_as_it_is()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { TimeBudget = TimeSpan.FromHours(1) });
        using FineTunedImageClassifier expected = _fixture.Train(FineTuningFixture.Options);
        Assert.Equal(expected.Stages, trained.Stages);
        Assert.Equal(FineTuningFixture.Bits(expected), FineTuningFixture.Bits(trained));
        Assert.Empty(trained.Warnings);
    }

    [Fact]
    public void A_wish_for_days_ends_in_seconds_with_what_is_best_so_far()
    {
        var clock = Stopwatch.StartNew();
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { Epochs = 100_000, TimeBudget = TimeSpan.FromSeconds(8), FreezeUntil = "none", InputSize = 64 });

        // The machine may be busy; without a budget it would be hours.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
        Assert.True(trained.Stages.Sum(stage => stage.Epochs) < 100_000);
        Assert.Contains(trained.Warnings, warning => warning.Contains("The time budget of 00:00:08 allows", StringComparison.Ordinal));
        Assert.True(trained.Validation.Accuracy >= trained.Frozen!.Accuracy - 1e-9);
    }

    [Fact]
    public void A_plan_that_was_made_is_kept_when_the_work_goes_on()
    {
        string workspace = _fixture.File("workspace");
        FineTuningOptions options = FineTuningFixture.Options with { Epochs = 100_000, TimeBudget = TimeSpan.FromSeconds(10), WorkspacePath = workspace };
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fixture.TrainUntil(options, new OnProgress(report =>
        {
            if (report.Epoch is not null)
            {
                cancellation.Cancel();
            }
        }), cancellation.Token));
        IReadOnlyList<FineTuningStage> stages;
        using (var opened = FineTuningWorkspace.Open(workspace))
        {
            stages = opened.ReadPlan()!.Stages;
        }

        using FineTunedImageClassifier resumed = _fixture.Train(options);
        Assert.Equal(stages, resumed.Stages);
    }
}
