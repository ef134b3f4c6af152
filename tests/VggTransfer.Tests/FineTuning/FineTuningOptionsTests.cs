using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Engine;

namespace VggTransfer.Tests.FineTuning;

[Collection(SerialEngine.Name)]
public sealed class FineTuningOptionsTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Steps_whose_gradients_are_gathered_make_the_update_of_one_large_batch()
    {
        FineTuningOptions plain = FineTuningFixture.Options with { Dropout = 0, Augmentation = PhotoAugmentation.None, BatchSize = 18, Epochs = 3 };
        using FineTunedImageClassifier large = _fixture.Train(plain);
        using FineTunedImageClassifier gathered = _fixture.Train(plain with { BatchSize = 9, AccumulationSteps = 2 });
        foreach ((var one, var other) in large.Epochs.Zip(gathered.Epochs))
        {
            Assert.Equal(one["val_loss"], other["val_loss"], tolerance: 1e-4);
            Assert.Equal(one["lr"], other["lr"], tolerance: 1e-9);
        }
    }

    [Theory]
    [InlineData(WeightAveraging.Exponential)]
    [InlineData(WeightAveraging.Stochastic)]
    public void Averages_are_what_is_judged_and_kept(WeightAveraging averaging)
    {
        // Dense layers that begin with random weights: some epoch is better than the start.
        FineTuningOptions options = FineTuningFixture.Options with
        {
            Backbone = new VggTransfer.Models.VggModel(FineTuningFixture.Plain.Architecture with { DenseUnits = 16 }, FineTuningFixture.Plain.Tensors.Values) { Preprocessing = FineTuningFixture.Plain.Preprocessing },
            Head = FineTuningHead.Dense,
            Averaging = averaging,
            EmaMomentum = 0.5,
            Epochs = 4,
        };
        using FineTunedImageClassifier averaged = _fixture.Train(options);
        using FineTunedImageClassifier last = _fixture.Train(options with { Averaging = WeightAveraging.None });
        Assert.True(averaged.BestEpoch > 0);
        Assert.Equal(averaged.Epochs.Select(logs => logs["loss"]), last.Epochs.Select(logs => logs["loss"]));
        if (averaging == WeightAveraging.Exponential)
        {
            Assert.NotEqual(averaged.Epochs.Select(logs => logs["val_loss"]), last.Epochs.Select(logs => logs["val_loss"]));
            Assert.Equal(averaged.Epochs[averaged.BestEpoch - 1]["val_accuracy"], averaged.Validation.Accuracy, tolerance: 1e-6);
        }
        else
        {
            Assert.True(averaged.Validation.Accuracy >= last.Validation.Accuracy);
        }
    }

    [Fact]
    public void A_penalty_towards_the_start_is_no_part_of_what_a_network_is_worth()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { StartingPointPenalty = 100, LabelSmoothing = 0, KeepBestEpoch = false });
        Assert.Equal(trained.Description.Calibration!.LogLossBefore, trained.Epochs[^1]["val_loss"], tolerance: 1e-4);
        using FineTunedImageClassifier free = _fixture.Train(FineTuningFixture.Options with { LabelSmoothing = 0, KeepBestEpoch = false });
        Assert.True(trained.Epochs[^1]["loss"] > free.Epochs[^1]["loss"] + 0.01);
    }

    [Fact]
    public void Balanced_classes_are_left_alone_and_rare_ones_count_more()
    {
        FineTuningOptions balanced = FineTuningFixture.Options with { BalanceClasses = true };
        using (FineTunedImageClassifier trained = _fixture.Train(balanced))
        using (FineTunedImageClassifier expected = _fixture.Train(FineTuningFixture.Options))
        {
            Assert.Equal(FineTuningFixture.Figures(expected), FineTuningFixture.Figures(trained));
        }

        ImageFolder folder = _fixture.Training;
        var rare = ImageFolder.Of(folder.Path, folder.Classes, [.. folder.Images.Skip(4)]);
        using FineTunedImageClassifier one = _fixture.Train(rare, balanced);
        using FineTunedImageClassifier other = _fixture.Train(rare, FineTuningFixture.Options);
        Assert.NotEqual(FineTuningFixture.Figures(one), FineTuningFixture.Figures(other));
    }

    [Fact]
    public void A_class_without_an_image_that_can_be_read_is_left_out()
    {
        ImageFolder folder = _fixture.Training;
        string broken = _fixture.File("broken.jpg");
        File.WriteAllText(broken, "no picture");
        var images = ImageFolder.Of(folder.Path, ["aaa", .. folder.Classes], [new LabeledImage(broken, "aaa"), .. folder.Images]);
        using FineTunedImageClassifier trained = _fixture.Train(images, FineTuningFixture.Options with { Epochs = 1 });
        Assert.Equal(folder.Classes, trained.Description.Labels);
        Assert.Equal(broken, Assert.Single(trained.Skipped).Path);
        Assert.Contains("'aaa' is left out", Assert.Single(trained.Warnings), StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _fixture.Train(images, FineTuningFixture.Options with { Strict = true }));
    }

    [Fact]
    public void Numbers_out_of_their_range_are_refused_by_name()
    {
        FineTuningOptions[] wrong =
        [
            new() { Dropout = 1 }, new() { InputSize = 31 }, new() { Epochs = 0 }, new() { BatchSize = 0 }, new() { AccumulationSteps = 0 }, new() { LearningRate = 0 },
            new() { BackboneLearningRate = double.NaN }, new() { BlockRateFactor = 1.5 }, new() { WeightDecay = -1 }, new() { LabelSmoothing = 1 }, new() { MixUp = -1 },
            new() { EarlyStopping = 0 }, new() { TimeBudget = TimeSpan.Zero }, new() { ValidationFraction = 1 }, new() { Threads = 0 }, new() { EmaMomentum = 2 },
            new() { Layer = FeatureLayer.Parse("block5_pool") }, new() { Layer = FeatureLayer.Parse("block5_pool:avg"), Head = FineTuningHead.Dense },
        ];
        Assert.All(wrong, options => Assert.Contains("must be", Assert.Throws<ArgumentOutOfRangeException>(() => _fixture.Train(options)).Message, StringComparison.Ordinal));
    }
}
