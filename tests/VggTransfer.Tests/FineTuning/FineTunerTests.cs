using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.Classification;
using VggTransfer.FineTuning;
using VggTransfer.Models;
using VggTransfer.Tests.Engine;

namespace VggTransfer.Tests.FineTuning;

/// <summary>Whole fine-tunings of tiny networks.</summary>
[Collection(SerialEngine.Name)]
public sealed class FineTunerTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("plain", "block5_conv1")]
    [InlineData("plain", "none")]
    [InlineData("plain, several maps", "block5_conv1")]
    [InlineData("plain, several maps", "block5_conv2")]
    [InlineData("plain, several maps", "none")]
    [InlineData("plain, several maps", "head")]
    [InlineData("batch norm, several maps", "block4_conv2")]
    [InlineData("batch norm", "block5_conv1")]
    [InlineData("batch norm", "block4_conv2")]
    [InlineData("whole", "block5_conv1")]
    [InlineData("whole, pooled", "head")]
    [InlineData("new dense", "block5_conv2")]
    public void A_saved_classifier_predicts_what_the_trained_network_predicts(string network, string freezeUntil)
    {
        FineTuningOptions options = FineTuningFixture.Options with { FreezeUntil = freezeUntil };
        options = network switch
        {
            "plain" => options,
            "plain, several maps" => options with { Layer = FeatureLayer.Parse("block5_pool:max+block2_pool:avg+block4_pool:avg+block4_pool:max+block5_conv1:avg") },
            "batch norm, several maps" => options with { Backbone = FineTuningFixture.BatchNorm, Layer = FeatureLayer.Parse("block4_pool:max+block5_pool:avg+block4_conv1:max") },
            "batch norm" => options with { Backbone = FineTuningFixture.BatchNorm },
            "whole" => options with { Backbone = FineTuningFixture.Whole, Head = FineTuningHead.Dense, InputSize = null },
            "whole, pooled" => options with { Backbone = FineTuningFixture.Whole },
            _ => options with { Backbone = Narrow(FineTuningFixture.Plain), Head = FineTuningHead.Dense },
        };
        using FineTunedImageClassifier trained = _fixture.Train(options);
        string path = _fixture.File("model.zip");
        trained.Save(path);

        using ImageClassifier loaded = ImageClassifier.Load(path, threads: 1);
        ClassificationMetrics judged = loaded.Evaluate(_fixture.Validation, cancellationToken: TestContext.Current.CancellationToken).Metrics;
        Assert.Equal(trained.Validation.LogLoss, judged.LogLoss, tolerance: 1e-4);
        Assert.Equal(trained.Validation.Accuracy, judged.Accuracy);
        Assert.Equal(2, loaded.Description.FineTuning!.Epochs);
        AssertMlNetAgrees(path, loaded);
    }

    [Fact]
    public void Probabilities_are_calibrated_and_strangers_told_where_there_are_images_to_judge_by()
    {
        using var many = new FineTuningFixture(images: 30);
        FineTuningOptions options = FineTuningFixture.Options with { ValidationFraction = 0.4 };
        using FineTunedImageClassifier trained = ImageClassifierFineTuner.Train(many.Training, options, progress: null, TestContext.Current.CancellationToken);
        string path = many.File("model.zip");
        trained.Save(path);

        using ImageClassifier loaded = ImageClassifier.Load(path, new ImageClassifierOptions { FalseRejectRate = 0.1 });
        Assert.True(trained.TellsUnknown);
        Assert.True(loaded.TellsUnknown);
        string[] own = [.. trained.ValidationImages.Select(image => image.Path)];
        Assert.Equal(36, own.Length);
        Assert.InRange(own.Count(image => loaded.Classify(image).IsUnknown), 1, 4);
        CalibrationSummary calibration = loaded.Description.Calibration!;
        Assert.Equal(36, calibration.Images);
        Assert.NotEqual(1, calibration.Temperature);
        Assert.InRange(calibration.LogLossAfter, 0, calibration.LogLossBefore);
        Assert.Equal(calibration.LogLossAfter, trained.Validation.LogLoss);

        using FineTunedImageClassifier few = _fixture.Train(FineTuningFixture.Options);
        Assert.False(few.TellsUnknown);
    }

    [Fact]
    public void The_mirrored_validation_is_the_mean_over_picture_and_mirror()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options);
        string path = _fixture.File("model.zip");
        trained.Save(path);
        using ImageClassifier loaded = ImageClassifier.Load(path, threads: 1);
        double loss = 0;
        foreach ((string image, string label) in _fixture.Judged)
        {
            using SkiaSharp.SKBitmap bitmap = SkiaSharp.SKBitmap.Decode(image);
            using var mirror = new SkiaSharp.SKBitmap(bitmap.Width, bitmap.Height);
            for (int x = 0; x < bitmap.Width; x++)
            {
                for (int y = 0; y < bitmap.Height; y++)
                {
                    mirror.SetPixel(bitmap.Width - 1 - x, y, bitmap.GetPixel(x, y));
                }
            }

            double Probability(ImagePrediction prediction) => prediction.Classes.Single(found => found.Label == label).Probability;
            byte[] encoded = mirror.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100).ToArray();
            loss -= Math.Log((Probability(loaded.Classify(image)) + Probability(loaded.Classify(encoded))) / 2) / _fixture.Judged.Count;
        }

        // Resizing a mirrored picture isn't mirroring a resized one to the last bit.
        Assert.Equal(loss, trained.ValidationMirrored.LogLoss, tolerance: 0.02);
    }

    [Theory]
    [InlineData("block5_pool:avg")]
    [InlineData("block4_pool:avg+block5_pool:avg+block5_pool:max")]
    [InlineData("block4_pool:max:l2+block5_pool:avg:hellinger")]
    [InlineData(null)]
    public void The_first_head_is_the_one_that_training_on_frozen_features_gives(string? written)
    {
        FeatureLayer? layer = written is null ? null : FeatureLayer.Parse(written);
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { Layer = layer });
        using TrainedImageClassifier expected = ImageClassifierTrainer.Train(_fixture.Training, new ImageClassifierTrainerOptions
        {
            Backbone = new VggBackbone(FineTuningFixture.Plain),
            InputSize = 32,
            Layer = layer,
            Threads = 1,
            Seed = 1,
            Validation = _fixture.Validation,
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Description.Layer, trained.Description.Layer);

        // A head that is going to be trained isn't calibrated before.
        Assert.Equal(expected.Description.Calibration!.LogLossBefore, trained.Frozen!.LogLoss, tolerance: 1e-3);
        Assert.Equal(expected.Validation.Accuracy, trained.Frozen.Accuracy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_frozen_keeps_every_bit_and_what_is_trained_changes(bool batchNorm)
    {
        VggModel backbone = batchNorm ? FineTuningFixture.BatchNorm : FineTuningFixture.Plain;

        // Dense layers that begin with random weights: any epoch is better than the start.
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { Backbone = Narrow(backbone), Head = FineTuningHead.Dense, Epochs = 4 });
        Assert.True(trained.BestEpoch > 0);
        foreach (VggLayer layer in backbone.Architecture.Layers)
        {
            foreach (TensorSpecification tensor in layer.Tensors)
            {
                ModelTensor before = backbone.Tensors[tensor.Name];
                ModelTensor after = trained.Network.Tensors[tensor.Name];
                if (layer.Block < 5)
                {
                    Assert.Equal(before.Type, after.Type);
                    Assert.True(before.Data.Span.SequenceEqual(after.Data.Span), layer.Name);
                }
                else if (tensor.Shape.Count == 4)
                {
                    Assert.NotEqual(before.ToSingles(), after.ToSingles());
                }
            }
        }
    }

    [Fact]
    public void New_dense_layers_begin_as_those_who_know_nothing()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with
        {
            Backbone = null, Head = FineTuningHead.Dense, FreezeUntil = "head", Epochs = 1, LearningRate = 1e-9,
        });

        // Three classes: ln 3 where all are as probable. With he_normal it was 40.
        Assert.InRange(trained.Epochs[0]["val_loss"], 0.5, 3);
    }

    [Fact]
    public void Pictures_that_are_changed_in_other_ways_than_by_a_mirror_go_through_the_frozen_layers_in_each_step()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { Augmentation = PhotoAugmentation.Photo, MixUp = 0.2, CutMix = 1 });
        using FineTunedImageClassifier again = _fixture.Train(FineTuningFixture.Options with { Augmentation = PhotoAugmentation.Photo, MixUp = 0.2, CutMix = 1 });
        Assert.Equal(2, trained.Epochs.Count);
        Assert.Equal(FineTuningFixture.Figures(trained), FineTuningFixture.Figures(again));
        Assert.Equal(FineTuningFixture.Bits(trained), FineTuningFixture.Bits(again));
    }

    [Fact]
    public void Without_changes_cached_outputs_train_as_computed_ones()
    {
        // A brightness that moves no pixel, but has the frozen layers computed in each step.
        using FineTunedImageClassifier cached = _fixture.Train(FineTuningFixture.Options with { Augmentation = PhotoAugmentation.None });
        using FineTunedImageClassifier computed = _fixture.Train(FineTuningFixture.Options with { Augmentation = new PhotoAugmentation { Brightness = 1e-12 } });
        foreach ((var one, var other) in cached.Epochs.Zip(computed.Epochs))
        {
            Assert.Equal(one["val_loss"], other["val_loss"], tolerance: 1e-3);
        }
    }

    [Fact]
    public void Without_room_for_a_cache_the_frozen_layers_are_computed_in_each_step()
    {
        FineTuningOptions options = FineTuningFixture.Options with { Augmentation = PhotoAugmentation.None };
        using FineTunedImageClassifier cached = _fixture.Train(options);
        string path = _fixture.File("full");
        using (var workspace = FineTuningWorkspace.Open(path))
        {
            // As it is noted where the disk is full.
            workspace.SetWithoutCache(new FineTuningStage("block5_conv1", 32, 2));
        }

        using FineTunedImageClassifier computed = _fixture.Train(options with { WorkspacePath = path });
        Assert.Empty(Directory.EnumerateFiles(path, "*.bin"));
        foreach ((var one, var other) in cached.Epochs.Zip(computed.Epochs))
        {
            Assert.Equal(one["val_loss"], other["val_loss"], tolerance: 1e-3);
        }
    }

    [Fact]
    public void Progress_tells_phases_in_order_and_each_epoch_once()
    {
        var reports = new List<FineTuningProgress>();
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options, new OnProgress(reports.Add));
        Assert.Equal(
            [FineTuningPhase.DecodingImages, FineTuningPhase.ComputingFrozenLayers, FineTuningPhase.FittingHead, FineTuningPhase.Training, FineTuningPhase.Evaluating],
            reports.Select(report => report.Phase).Distinct());
        Assert.All(reports, report => Assert.InRange(report.Done, 0, report.Total));
        Assert.Equal(trained.Epochs.Select(logs => logs["val_loss"]), reports.Where(report => report.Epoch is not null).Select(report => report.Epoch!["val_loss"]));
        Assert.Contains(reports, report => report.Note == "epoch 2 of 2, block5_conv1 on, input size 32");
    }

    private void AssertMlNetAgrees(string path, ImageClassifier loaded)
    {
        var mlContext = new MLContext();
        ITransformer model = mlContext.Model.Load(path, out _);
        IDataView rows = mlContext.Data.LoadFromEnumerable(_fixture.Judged.Select(image => new PathRow { ImagePath = image.Path }));
        float[][] scores = [.. model.Transform(rows).GetColumn<float[]>("Score")];
        foreach ((int i, (string image, _)) in _fixture.Judged.Index())
        {
            foreach (ClassProbability found in loaded.Classify(image).Classes)
            {
                Assert.Equal(found.Probability, scores[i][loaded.Labels.ToList().IndexOf(found.Label)], tolerance: 1e-4);
            }
        }
    }

    /// <summary>The same network, whose dense part, where one is put on it, is narrow.</summary>
    private static VggModel Narrow(VggModel model) => new(model.Architecture with { DenseUnits = 16 }, model.Tensors.Values) { Preprocessing = model.Preprocessing };

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
