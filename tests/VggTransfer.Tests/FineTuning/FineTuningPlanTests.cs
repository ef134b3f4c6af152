using VggTransfer.Architectures;
using VggTransfer.FineTuning;
using VggTransfer.Keras.Optimizers;

namespace VggTransfer.Tests.FineTuning;

public class FineTuningPlanTests
{
    private static readonly VggTransfer.Architectures.VggArchitecture s_vgg16 = new() { IncludeTop = false };

    [Fact]
    public void One_stage_is_the_default() =>
        Assert.Equal([new FineTuningStage("block5_conv1", 128, 12)], FineTuningPlan.Create(new FineTuningOptions(), s_vgg16, 128));

    [Fact]
    public void Gradual_unfreezing_goes_from_the_head_down_block_by_block() => Assert.Equal(
        [new FineTuningStage("head", 128, 3), new FineTuningStage("block5_conv1", 128, 3), new FineTuningStage("block4_conv1", 128, 3), new FineTuningStage("block3_conv2", 128, 3)],
        FineTuningPlan.Create(new FineTuningOptions { FreezeUntil = "block3_conv2", GradualUnfreezing = true }, s_vgg16, 128));

    [Fact]
    public void Sizes_grow_in_stages_and_epochs_that_are_left_over_go_to_the_last_ones() => Assert.Equal(
        [new FineTuningStage("block5_conv1", 64, 3), new FineTuningStage("block5_conv1", 96, 4), new FineTuningStage("block5_conv1", 128, 4)],
        FineTuningPlan.Create(new FineTuningOptions { Epochs = 11, ProgressiveSizes = [64, 96] }, s_vgg16, 128));

    [Fact]
    public void Both_together_unfreeze_at_the_smallest_size() => Assert.Equal(
        [new FineTuningStage("head", 96, 2), new FineTuningStage("block5_conv1", 96, 2), new FineTuningStage("block5_conv1", 128, 2)],
        FineTuningPlan.Create(new FineTuningOptions { Epochs = 6, ProgressiveSizes = [96], GradualUnfreezing = true }, s_vgg16, 128));

    [Fact]
    public void Wrong_wishes_are_answered_with_what_can_be_had()
    {
        static string Message(FineTuningOptions options) => Assert.ThrowsAny<ArgumentException>(() => FineTuningPlan.Create(options, s_vgg16, 128)).Message;
        Assert.Contains("block5_conv3, block5_conv2, block5_conv1", Message(new FineTuningOptions { FreezeUntil = "block9" }), StringComparison.Ordinal);
        Assert.Contains("3 stages, and Epochs is 2", Message(new FineTuningOptions { FreezeUntil = "block4_conv1", GradualUnfreezing = true, Epochs = 2 }), StringComparison.Ordinal);
        Assert.Contains("must grow", Message(new FineTuningOptions { ProgressiveSizes = [128] }), StringComparison.Ordinal);
        Assert.Contains("pooled head", Message(new FineTuningOptions { ProgressiveSizes = [96], Head = FineTuningHead.Dense }), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_block_has_its_rate_and_biases_do_not_decay()
    {
        var options = new FineTuningOptions { LearningRate = 1e-3, BackboneLearningRate = 1e-4, BlockRateFactor = 0.5, WeightDecay = 0.01 };
        var network = new FineTuningNetwork(FineTuningFixture.Plain, options, classes: 3);
        AdamW optimizer = StageOptimizer.Create(options, network.With(FeatureLayer.Parse("block5_pool:avg")), updates: 100);
        Assert.Equal(1, optimizer.RateFactorOf("predictions/kernel"));
        Assert.Equal(0.1, optimizer.RateFactorOf("block5_conv2/bias"), 12);
        Assert.Equal(0.05, optimizer.RateFactorOf("block4_conv1/kernel"), 12);
        Assert.Equal(0.00625, optimizer.RateFactorOf("block1_conv1/kernel"), 12);
        Assert.True(optimizer.Decays("block5_conv1/kernel"));
        Assert.False(optimizer.Decays("block5_conv1/bias"));
        Assert.False(optimizer.Decays("block5_conv1_bn/gamma"));
        Assert.False(optimizer.Decays("block5_conv1_bn/beta"));

        // Four maps of as many channels.
        optimizer = StageOptimizer.Create(options, network.With(FeatureLayer.Parse("block4_pool:avg+block4_pool:max+block5_pool:avg+block5_pool:max")), updates: 100);
        Assert.Equal(0.25, optimizer.RateFactorOf("predictions/kernel"), 12);
        Assert.Equal(1, optimizer.RateFactorOf("predictions/bias"));
        Assert.Equal(0.1, optimizer.RateFactorOf("block5_conv2/bias"), 12);

        // New dense layers: block 5's map is 1 x 1 x 32 at 32 pixels, 2 x 2 x 32 at 64.
        FineTuningOptions fresh = options with { Head = FineTuningHead.Dense };
        VggTransfer.Architectures.VggArchitecture plain = FineTuningFixture.Plain.Architecture;
        optimizer = StageOptimizer.Create(fresh, new FineTuningNetwork(FineTuningFixture.Plain, fresh, classes: 3, inputSize: 64), updates: 100);
        Assert.Equal(0.25, optimizer.RateFactorOf("fc1/kernel"), 12);
        Assert.Equal((double)plain.BlockWidth(5) / plain.DenseUnits, optimizer.RateFactorOf("fc2/kernel"), 12);
        Assert.Equal((double)plain.BlockWidth(5) / plain.DenseUnits, optimizer.RateFactorOf("predictions/kernel"), 12);
        Assert.Equal(1, optimizer.RateFactorOf("fc1/bias"));

        // A dense part that is pretrained has the rate of the topmost block.
        FineTuningOptions dense = options with { Head = FineTuningHead.Dense };
        optimizer = StageOptimizer.Create(dense, new FineTuningNetwork(FineTuningFixture.Whole, dense, classes: 3), updates: 100);
        Assert.Equal(0.1, optimizer.RateFactorOf("fc1/kernel"), 12);
        Assert.Equal(1, optimizer.RateFactorOf("predictions/kernel"));
    }

    [Theory]
    [InlineData(FineTuningSchedule.OneCycle)]
    [InlineData(FineTuningSchedule.Cosine)]
    public void A_schedule_reaches_the_rate_that_was_asked_for_and_falls_to_next_to_nothing(FineTuningSchedule schedule)
    {
        var options = new FineTuningOptions { LearningRate = 2e-3, Schedule = schedule };
        AdamW optimizer = StageOptimizer.Create(options, new FineTuningNetwork(FineTuningFixture.Plain, options, classes: 3), updates: 100);
        float[] rates = [.. Enumerable.Range(0, 100).Select(update => optimizer.Rate.At(update))];
        Assert.Equal(2e-3, rates.Max(), tolerance: 1e-6);
        Assert.InRange(rates[0], 0, 2e-4);
        Assert.InRange(rates[99], 0, 2e-5);
    }

    [Theory]
    [InlineData(0.8, 1.0, 0.7, 0.5, true)]
    [InlineData(0.7, 0.4, 0.7, 0.5, true)]
    [InlineData(0.7, 0.5, 0.7, 0.5, false)]
    [InlineData(0.6, 0.1, 0.7, 0.5, false)]
    public void More_pictures_right_count_before_the_loss(double accuracy, double loss, double otherAccuracy, double otherLoss, bool better) =>
        Assert.Equal(better, new StageScore(accuracy, loss).IsBetterThan(new StageScore(otherAccuracy, otherLoss)));
}
