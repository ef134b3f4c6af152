using VggTransfer.FineTuning;
using VggTransfer.Training;

namespace VggTransfer.Tests.FineTuning;

/// <summary>On a machine of which is known what it does: nothing is trained.</summary>
public sealed class TimePlanTests : IDisposable
{
    // Seconds of a picture of 128 pixels.
    private static readonly BatchTime s_batch = new(128, Frozen: 0.2, Forward: 0.05, Step: 0.15);

    private readonly FineTuningFixture _fixture = new(images: 10);
    private readonly FineTuningWorkspace _workspace = FineTuningWorkspace.Open(null);

    public void Dispose()
    {
        _workspace.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public void Work_grows_with_pictures_and_with_the_square_of_the_side()
    {
        (FineTuningContext context, FineTuningStage stage) = Wish(FineTuningHead.Pooled);
        TimePlan times = Plan(context, 3600);

        // Each of 30 training images and 9 validation images, and its mirror.
        Assert.Equal(2 * (30 + 9) * 0.2, times.Frozen(stage), 1e-9);
        Assert.Equal(times.Frozen(stage) / 4, times.Frozen(stage with { InputSize = 64 }), 1e-9);

        // The first head alone needs no mirrored training images, but all layers.
        Assert.Equal((30 + (2 * 9)) * 0.25, times.Frozen(stage with { FreezeUntil = "head", Epochs = 0 }), 1e-9);
        Assert.Equal(2 * times.Frozen(stage), times.Slower(2).Frozen(stage), 1e-9);
    }

    [Fact]
    public void What_comes_after_training_counts()
    {
        (FineTuningContext context, FineTuningStage stage) = Wish(FineTuningHead.Pooled);
        TimePlan times = Plan(context, 3600);
        Assert.True(times.Saving(stage) > 9 * 0.25);
        Assert.True(times.Reserve([stage], 0) >= times.Saving(stage));
    }

    [Fact]
    public void Later_stages_keep_the_time_for_what_they_compute_and_train()
    {
        (FineTuningContext context, FineTuningStage stage) = Wish(FineTuningHead.Pooled);
        TimePlan times = Plan(context, 3600);
        FineTuningStage[] stages = [stage with { InputSize = 64 }, stage];
        Assert.True(times.Reserve(stages, 0) - times.Reserve(stages, 1) >= times.Frozen(stage) + (stage.Epochs * 30 * 0.15));
    }

    [Fact]
    public void A_stage_about_to_begin_has_as_many_epochs_as_there_is_time_for()
    {
        (FineTuningContext context, FineTuningStage stage) = Wish(FineTuningHead.Pooled);
        Assert.Equal(stage, Plan(context, 3600).FitEpochs(new WorkspacePlan([stage], [])).Stages[0]);
        WorkspacePlan fitted = Plan(context, 60).FitEpochs(new WorkspacePlan([stage], []));
        Assert.InRange(fitted.Stages[0].Epochs, 4, 11);
        Assert.Equal($"The time budget of 00:01:00 allows {fitted.Stages[0].Epochs} epochs instead of 12.", Assert.Single(fitted.Notes));
        Assert.True(fitted.AreEpochsFitted);
        Assert.Equal(0, Plan(context, 1).FitEpochs(new WorkspacePlan([stage], [])).Stages[0].Epochs);
    }

    [Fact]
    public void Dense_layers_with_random_weights_get_an_epoch_and_keep_their_size()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish(FineTuningHead.Dense);
        Assert.Equal(1, Plan(context, 1).FitEpochs(new WorkspacePlan([wish], [])).Stages[0].Epochs);
        var clock = new WorkClock(_workspace, TimeSpan.FromMilliseconds(1), TimeProvider.System);
        WorkspacePlan plan = TimePlan.Fit(context, clock, NetworkWeights.Of(FineTuningFixture.Plain, context.Network.Architecture), [wish]);
        Assert.Equal(new FineTuningStage("head", 128, 1), Assert.Single(plan.Stages));
        Assert.Contains("isn't enough here", Assert.Single(plan.Notes), StringComparison.Ordinal);
    }

    private TimePlan Plan(FineTuningContext context, int seconds) => new(context, new WorkClock(_workspace, TimeSpan.FromSeconds(seconds), TimeProvider.System), s_batch);

    private (FineTuningContext Context, FineTuningStage Wish) Wish(FineTuningHead head)
    {
        FineTuningOptions options = FineTuningFixture.Options with { InputSize = 128, Epochs = 12, Head = head, Validation = _fixture.Validation };
        FineTuningData data = FineTuningData.Load(_fixture.Training, options, 128, [], null, TestContext.Current.CancellationToken);
        var network = new FineTuningNetwork(FineTuningFixture.Plain, options, data.Labels.Count, 128);
        var context = new FineTuningContext(options, network, data, _workspace, new ExecutionOptions { Device = "cpu", Precision = Precision.Float32, Threads = 1 }, [], null, TestContext.Current.CancellationToken);
        return (context, new FineTuningStage("block5_conv1", 128, 12));
    }
}
