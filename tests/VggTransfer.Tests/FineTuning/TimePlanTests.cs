using VggTransfer.FineTuning;
using VggTransfer.Training;

namespace VggTransfer.Tests.FineTuning;

/// <summary>On a machine of which is known what it does: no clock, nothing is trained.</summary>
public sealed class TimePlanTests : IDisposable
{
    // A picture of 128 pixels takes the frozen layers 0.2 seconds.
    private static readonly MachinePace s_pace = new(FrozenSecondsPerMultiply: 1e-7, TrainedSecondsPerMultiply: 1e-7, PreparingSecondsPerPixel: 1e-7);

    private readonly FineTuningFixture _fixture = new(images: 10);
    private readonly FineTuningWorkspace _workspace = FineTuningWorkspace.Open(null);

    public void Dispose()
    {
        _workspace.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public void Whatever_is_planned_fits_unless_it_says_that_nothing_does()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish("block4_conv1");
        var estimate = new TimeEstimate(context, s_pace);
        var seen = new List<FineTuningStage>();
        double needed = Seconds(estimate, wish);
        for (double left = 1.3 * needed; left > 0.01 * needed; left *= 0.97)
        {
            WorkspacePlan plan = new TimePlan(context, s_pace, TimeSpan.FromSeconds(left)).Fit([wish], TimeSpan.FromSeconds(left));
            FineTuningStage stage = Assert.Single(plan.Stages);
            bool isEnough = !plan.Notes.Any(note => note.Contains("isn't enough", StringComparison.Ordinal));
            Assert.Equal(isEnough, Seconds(estimate, stage) <= left);
            Assert.Equal(stage == wish, plan.Notes.Count == 0);
            Assert.True(plan.Saving > 0 && plan.Reserves[0] >= plan.Saving);
            seen.Add(stage);
        }

        // From the most to the least.
        string[] order = [.. seen.Select(stage => $"{stage.FreezeUntil} {stage.InputSize}{(stage.Epochs == 0 ? " alone" : "")}").Distinct()];
        Assert.Equal(["block4_conv1 128", "block5_conv1 128"], order[..2]);
        Assert.Contains("head 96 alone", order);
        Assert.Equal("head 32 alone", order[^1]);
        Assert.DoesNotContain(seen, stage => stage.InputSize >= 96 && stage.Epochs is > 0 and < 4);
    }

    [Fact]
    public void What_comes_after_training_counts()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish("block5_conv1");
        FineTuningContext reported = context with { Options = context.Options with { IsReported = true } };
        WorkspacePlan plan = Plan(context), withReport = Plan(reported);
        Assert.True(withReport.Saving > plan.Saving + 1);
        Assert.True(withReport.Reserves[0] > plan.Reserves[0] + 1);
        Assert.True(withReport.Stages[0].Epochs < plan.Stages[0].Epochs);

        WorkspacePlan Plan(FineTuningContext of)
        {
            TimeSpan left = TimeSpan.FromSeconds(Seconds(new TimeEstimate(context, s_pace), wish));
            return new TimePlan(of, s_pace, left).Fit([wish], left);
        }
    }

    [Fact]
    public void Later_stages_keep_the_time_for_what_they_compute_before_their_first_epoch()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish("block5_conv1");
        WorkspacePlan plan = new TimePlan(context, s_pace, TimeSpan.FromDays(1)).Fit([wish with { InputSize = 64 }, wish], TimeSpan.FromDays(1));
        Assert.Equal(2, plan.Stages.Count);
        Assert.True(plan.Reserves[0] - plan.Reserves[1] >= new TimeEstimate(context, s_pace).Frozen(wish));
    }

    [Fact]
    public void A_stage_about_to_begin_loses_epochs_where_time_was_lost()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish("block5_conv1");
        var estimate = new TimeEstimate(context, s_pace);
        var times = new TimePlan(context, s_pace, TimeSpan.FromMinutes(1));
        Assert.Empty(times.Revise(wish, TimeSpan.FromDays(1)).Notes);
        WorkspacePlan revised = times.Revise(wish, TimeSpan.FromSeconds((estimate.Judging(wish) + estimate.Novelty(wish) + estimate.Saving(wish) + (5.5 * estimate.Epoch(wish))) / 0.85));
        Assert.Equal(5, revised.Stages[0].Epochs);
        Assert.Equal("So far it went slower than measured, so the time budget of 00:01:00 allows 5 epochs instead of 12.", Assert.Single(revised.Notes));
        Assert.Equal(0, times.Revise(wish, TimeSpan.Zero).Stages[0].Epochs);
    }

    [Fact]
    public void Dense_layers_with_random_weights_get_an_epoch_and_keep_their_size()
    {
        (FineTuningContext context, FineTuningStage wish) = Wish("block5_conv1", FineTuningHead.Dense);
        FineTuningStage stage = Assert.Single(new TimePlan(context, s_pace, TimeSpan.FromSeconds(1)).Fit([wish], TimeSpan.FromSeconds(0.1)).Stages);
        Assert.Equal(new FineTuningStage("head", 128, 1), stage);
    }

    private static double Seconds(TimeEstimate estimate, FineTuningStage stage) => estimate.Starting + estimate.Frozen(stage) + estimate.FirstHead(stage)
        + (stage.Epochs * estimate.Epoch(stage)) + estimate.Judging(stage) + estimate.Novelty(stage) + estimate.Saving(stage);

    private (FineTuningContext Context, FineTuningStage Wish) Wish(string freezeUntil, FineTuningHead head = FineTuningHead.Pooled)
    {
        FineTuningOptions options = FineTuningFixture.Options with { FreezeUntil = freezeUntil, InputSize = 128, Epochs = 12, Head = head, Validation = _fixture.Validation };
        FineTuningData data = FineTuningData.Load(_fixture.Training, options, 128, [], null, TestContext.Current.CancellationToken);
        var network = new FineTuningNetwork(FineTuningFixture.Plain, options, data.Labels.Count, 128);
        var context = new FineTuningContext(options, network, data, _workspace, new ExecutionOptions(), [], null, TestContext.Current.CancellationToken);
        return (context, new FineTuningStage(freezeUntil, 128, 12));
    }
}
