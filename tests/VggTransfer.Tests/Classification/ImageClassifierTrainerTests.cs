using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

public sealed class ImageClassifierTrainerTests
{
    [Fact]
    public void Classes_of_different_colours_are_learnt()
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier trained = ClassifierFixture.Train(folder, count: 10);

        Assert.True(trained.Validation.Accuracy >= 0.8, $"accuracy {trained.Validation.Accuracy}");
        Assert.Equal(6, trained.Validation.Count);
        Assert.Equal(["blue", "green", "red"], trained.Description.Labels);
        Assert.Equal((24, 6, 32), (trained.Description.TrainingImages, trained.Description.ValidationImages, trained.Description.InputSize));
        Assert.Equal(trained.Validation.Accuracy, trained.Description.ValidationAccuracy);
        Assert.Empty(trained.Skipped);
        Assert.Empty(trained.Warnings);

        // Three layer sets in two scalings, and for two of these at least a weaker and a stronger regularisation.
        Assert.True(trained.HeadTrials.Count >= 10, $"{trained.HeadTrials.Count} trials");
        Assert.Equal(6, trained.HeadTrials.Select(trial => (trial.Recipe.Layer, trial.Recipe.Scaling)).Distinct().Count());
        Assert.Equal(2, trained.HeadTrials.GroupBy(trial => (trial.Recipe.Layer, trial.Recipe.Scaling)).Count(group => group.Count() >= 3));
        Assert.Equal(trained.HeadTrials[0].Recipe.Scaling, trained.Description.Scaling);
        Assert.Equal(trained.HeadTrials[0].Recipe.Layer, trained.Description.Layer);
        Assert.Equal(trained.HeadTrials[0].Recipe.L2Regularization, trained.Description.L2Regularization);
    }

    [Fact]
    public void Saved_head_has_learnt_from_all_images_and_figures_come_from_images_held_out()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder, count: 10);
        var images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);
        using TrainedImageClassifier judged = ImageClassifierTrainer.Train(images, ClassifierFixture.Options with { Refit = false }, cancellationToken: TestContext.Current.CancellationToken);
        using TrainedImageClassifier refitted = ImageClassifierTrainer.Train(images, ClassifierFixture.Options, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(judged.Validation.LogLoss, refitted.Validation.LogLoss);
        Assert.Equal(judged.ValidationPredictions.Select(image => image.Probabilities), refitted.ValidationPredictions.Select(image => image.Probabilities));
        Assert.Equal((false, true), (judged.Description.IsRefitted, refitted.Description.IsRefitted));

        // The oracle is a head on all images, at the temperature that the held-out ones gave.
        LabeledFeatures all = refitted.TrainingFeatures.Concat(refitted.ValidationFeatures);
        LinearHead expected = LinearHead.Fit(all.Features, all.Classes, 3, refitted.Description.L2Regularization, refitted.Description.Scaling, cancellationToken: TestContext.Current.CancellationToken).AtTemperature(refitted.Description.Calibration!.Temperature);
        refitted.Save(folder.File("refitted.zip"));
        judged.Save(folder.File("judged.zip"));
        Assert.Equal(expected.Weights, ClassifierFile.Read(folder.File("refitted.zip")).Head.Weights);
        Assert.NotEqual(expected.Weights, ClassifierFile.Read(folder.File("judged.zip")).Head.Weights);
    }

    [Fact]
    public void Images_named_for_validation_are_never_learnt_from()
    {
        using var folder = new TemporaryFolder();
        using var others = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        ClassifierFixture.Draw(others);
        using TrainedImageClassifier trained = ImageClassifierTrainer.Train(
            ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken),
            ClassifierFixture.Options with { Validation = ImageFolder.Open(others.Path, TestContext.Current.CancellationToken) },
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.False(trained.Description.IsRefitted);
        trained.Save(folder.File("model.zip"));
        LinearHead expected = LinearHead.Fit(trained.TrainingFeatures.Features, trained.TrainingFeatures.Classes, 3, trained.Description.L2Regularization, trained.Description.Scaling, cancellationToken: TestContext.Current.CancellationToken)
            .AtTemperature(trained.Description.Calibration!.Temperature);
        Assert.Equal(expected.Weights, ClassifierFile.Read(folder.File("model.zip")).Head.Weights);
    }

    [Fact]
    public void Same_seed_gives_the_same_file_of_weights()
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier first = ClassifierFixture.Train(folder);
        using TrainedImageClassifier second = ClassifierFixture.Train(folder);
        first.Save(folder.File("first.zip"));
        second.Save(folder.File("second.zip"));

        (ClassifierDescription description, LinearHead head, byte[] graph) = ClassifierFile.Read(folder.File("first.zip"));
        (ClassifierDescription otherDescription, LinearHead otherHead, byte[] otherGraph) = ClassifierFile.Read(folder.File("second.zip"));

        Assert.Equal(head.Weights, otherHead.Weights);
        Assert.Equal(head.Biases, otherHead.Biases);
        Assert.Equal(graph, otherGraph);
        Assert.Equal(description with { Labels = [] }, otherDescription with { Labels = [] });
        Assert.Equal(description.Labels, otherDescription.Labels);
    }

    [Fact]
    public void Bad_image_is_skipped_and_reported_or_ends_a_strict_training()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        string bad = folder.File("red/000.png");
        File.WriteAllBytes(bad, File.ReadAllBytes(bad)[..40]);
        var images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        using TrainedImageClassifier trained = ImageClassifierTrainer.Train(images, ClassifierFixture.Options, cancellationToken: TestContext.Current.CancellationToken);
        InvalidImageException exception = Assert.Throws<InvalidImageException>(
            () => ImageClassifierTrainer.Train(images, ClassifierFixture.Options with { Strict = true }, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(bad, Assert.Single(trained.Skipped).Path);
        Assert.Contains("truncated", trained.Skipped[0].Reason, StringComparison.Ordinal);
        Assert.Equal(bad, exception.Path);
    }

    [Fact]
    public void Class_of_unreadable_images_is_left_out_with_a_warning()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        Spoil(folder, "blue");

        using TrainedImageClassifier trained = Train(folder);

        Assert.Equal(["green", "red"], trained.Description.Labels);
        Assert.Contains("'blue' is left out", Assert.Single(trained.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_is_too_few()
    {
        using var one = new TemporaryFolder();
        one.AddClass("red", 5, colour: 0);
        using var two = new TemporaryFolder();
        two.AddClass("red", 5, colour: 0);
        two.AddClass("green", 5, colour: 1);
        Spoil(two, "green");

        Assert.Contains("only one class", Assert.Throws<InvalidImageFolderException>(() => Train(one)).Message, StringComparison.Ordinal);
        Assert.Contains("only one class with readable images, 'red'", Assert.Throws<InvalidImageFolderException>(() => Train(two)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Class_of_one_image_is_learnt_from_with_a_warning()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        folder.AddClass("gold", 1, colour: 3);

        using TrainedImageClassifier trained = Train(folder);

        Assert.Equal(4, trained.Description.Labels.Count);
        Assert.Equal(0, trained.Validation.PerClass.Single(metrics => metrics.Label == "gold").Support);
        Assert.Contains("'gold' has one image", Assert.Single(trained.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_validate_on_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.AddClass("red", 1, colour: 0);
        folder.AddClass("green", 1, colour: 1);

        Assert.Contains("nothing to validate on", Assert.Throws<InvalidImageFolderException>(() => Train(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validation_folder_is_validated_on_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        other.AddClass("green", 4, colour: 1, side: 64);

        using TrainedImageClassifier trained = Train(folder, ClassifierFixture.Options with { Validation = ImageFolder.Open(other.Path, TestContext.Current.CancellationToken) });

        Assert.Equal(4, trained.Validation.Count);
        Assert.Equal(4, trained.Validation.PerClass.Single(metrics => metrics.Label == "green").Support);
        Assert.Equal(ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken).Images.Count, trained.Description.TrainingImages);
    }

    [Fact]
    public void Validation_folder_with_another_class_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        other.AddClass("gold", 2, colour: 3);

        InvalidImageFolderException exception = Assert.Throws<InvalidImageFolderException>(
            () => Train(folder, ClassifierFixture.Options with { Validation = ImageFolder.Open(other.Path, TestContext.Current.CancellationToken) }));

        Assert.Equal(other.Path, exception.Path);
        Assert.Contains("'gold' isn't among the classes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validation_folder_of_a_class_that_cant_be_learnt_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        Spoil(folder, "blue");
        other.AddClass("blue", 2, colour: 2);

        Assert.Contains("nothing to validate on", Assert.Throws<InvalidImageFolderException>(
            () => Train(folder, ClassifierFixture.Options with { Validation = ImageFolder.Open(other.Path, TestContext.Current.CancellationToken) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dense_layers_are_used_where_they_are()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        var backbone = RandomModels.CreateTrainable(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, DenseUnits = 24, Classes = 5 });

        using TrainedImageClassifier trained = Train(folder, ClassifierFixture.Options with { Backbone = new VggBackbone(backbone), InputSize = null, L2Regularization = 10 });

        Assert.Contains(FeatureLayer.Fc7, trained.HeadTrials.Select(trial => trial.Recipe.Layer));
        Assert.All(trained.HeadTrials, trial => Assert.Equal("fc7", Assert.Single(trial.Recipe.Layer.Sources).LayerName));
        Assert.Equal(trained.HeadTrials[0].Recipe.Layer, trained.Description.Layer);
        Assert.Equal(32, trained.Description.InputSize);
        Assert.Throws<ArgumentException>(() => Train(folder, ClassifierFixture.Options with { Backbone = new VggBackbone(backbone), InputSize = 64 }));
        Assert.Throws<FeatureLayerNotFoundException>(() => Train(folder, ClassifierFixture.Options with { Layer = FeatureLayer.Fc7 }));
    }

    [Fact]
    public void Progress_runs_from_the_first_image_to_the_last_fit()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        var reports = new List<TrainingProgress>();

        using TrainedImageClassifier trained = ImageClassifierTrainer.Train(
            ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken), ClassifierFixture.Options, new Recorder(reports), TestContext.Current.CancellationToken);

        Assert.Equal([TrainingStage.ExtractingFeatures, TrainingStage.SelectingLayer, TrainingStage.FittingHead], reports.Select(report => report.Stage).Distinct());
        Assert.All(reports.GroupBy(report => report.Stage), stage =>
        {
            Assert.Equal(stage.Last().Total, stage.Last().Done);
            Assert.Equal(stage.Select(report => report.Done).Order(), stage.Select(report => report.Done));
        });
    }

    [Fact]
    public void Cancellation_ends_the_training()
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        var images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.ThrowsAny<OperationCanceledException>(() => ImageClassifierTrainer.Train(images, ClassifierFixture.Options, cancellationToken: new CancellationToken(canceled: true)));
    }

    /// <summary>Oracle: the saved chain in ML.NET.</summary>
    [Theory]
    [InlineData(32)]
    [InlineData(96)]
    public void Saved_model_predicts_alike_here_and_in_ML_NET(int inputSize)
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier trained = ClassifierFixture.Train(folder, inputSize: inputSize);
        string file = folder.File("model.zip");
        trained.Save(file);
        string[] paths = Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories);
        var ml = new MLContext();
        ITransformer chain = ml.Model.Load(file, out DataViewSchema schema);
        IDataView scored = chain.Transform(ml.Data.LoadFromEnumerable(paths.Select(path => new PathRow { ImagePath = path }).ToArray()));
        using var classifier = ImageClassifier.Load(file, threads: 1);

        float[][] expected = [.. scored.GetColumn<float[]>("Score")];
        string[] labels = [.. scored.GetColumn<string>("PredictedLabel")];
        ImagePrediction[] actual = [.. classifier.ClassifyAll(paths, TestContext.Current.CancellationToken)];

        Assert.Equal(["ImagePath"], schema.Select(column => column.Name));
        Assert.Equal(labels, actual.Select(prediction => prediction.Label));
        for (int i = 0; i < paths.Length; i++)
        {
            Near.Assert(expected[i], [.. classifier.Labels.Select(label => (float)actual[i].Classes.Single(c => c.Label == label).Probability)], 1e-5, paths[i]);
            Assert.Equal(actual[i].Classes.OrderByDescending(c => c.Probability), actual[i].Classes);
        }
    }

    private static void Spoil(TemporaryFolder folder, string label)
    {
        foreach (string file in Directory.GetFiles(folder.File(label)))
        {
            File.WriteAllText(file, "no image");
        }
    }

    private static TrainedImageClassifier Train(TemporaryFolder folder, ImageClassifierTrainerOptions? options = null) => ImageClassifierTrainer.Train(
        ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken), options ?? ClassifierFixture.Options, cancellationToken: TestContext.Current.CancellationToken);

    private sealed class Recorder(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reports.Add(value);
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
