using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class EvaluateCommandTests(CliFixture fixture)
{
    [Fact]
    public void Json_has_the_metrics_of_new_pictures()
    {
        CommandLineResult result = CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", "test-photos", "--json").Expect(0);
        JsonElement metrics = result.Json.GetProperty("metrics");
        Assert.Equal(9, metrics.GetProperty("images").GetInt32());
        Assert.Equal(1, metrics.GetProperty("accuracy").GetDouble());
        Assert.Equal(9 / (9 + (1.959964 * 1.959964)), metrics.GetProperty("accuracyInterval")[0].GetDouble(), 1e-5);
        Assert.InRange(metrics.GetProperty("calibrationError").GetDouble(), 0, 0.5);
        Assert.Equal(9, metrics.GetProperty("reliability").EnumerateArray().Sum(bin => bin.GetProperty("images").GetInt32()));
        Assert.InRange(result.Json.GetProperty("unknown").GetInt32(), 0, 9);
        Assert.StartsWith("Model of 3 classes on vgg16-imagenet-conv", result.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void People_get_tables_without_control_characters()
    {
        CommandLineResult result = CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", "test-photos").Expect(0);
        Assert.Contains("Accuracy (top-1)", result.Output, StringComparison.Ordinal);
        Assert.Contains("[red]", result.Output, StringComparison.Ordinal);
        Assert.Contains("70.1 to 100.0 % (95 % confidence)", result.Output, StringComparison.Ordinal);
        Assert.Contains("Taken for none of the classes:", result.Output, StringComparison.Ordinal);
        Assert.Contains("9 images used, none skipped", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tta_judges_what_the_library_predicts_with_mirror_averaging()
    {
        CommandLineResult result = CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", "test-photos", "--tta", "--json").Expect(0);
        Assert.True(result.Json.GetProperty("mirrorAveraging").GetBoolean());
        Assert.EndsWith(", averaged with mirror pictures.", result.ErrorLines[0], StringComparison.Ordinal);
        using ImageClassifier classifier = ImageClassifier.Load(fixture.Model, new ImageClassifierOptions { MirrorAveraging = true });
        EvaluationResult expected = classifier.Evaluate(ImageFolder.Open(fixture.TestPhotos, TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Metrics.LogLoss, result.Json.GetProperty("metrics").GetProperty("logLoss").GetDouble(), 1e-4);
        JsonElement predictions = CommandLineProcess.Run(fixture.Folder, "predict", "model.zip", "test-photos", "--tta", "--json").Expect(0).Json.GetProperty("predictions");
        Assert.All(predictions.EnumerateArray(), prediction => Assert.Equal(
            classifier.Classify(Path.Combine(fixture.Folder, prediction.GetProperty("path").GetString()!)).Probability, prediction.GetProperty("probability").GetDouble(), 1e-4));
    }

    [Theory]
    [InlineData("nothing.zip", "There is no model file 'nothing.zip'")]
    [InlineData("photos", "is a folder")]
    public void A_model_that_is_not_there_is_an_error_sentence(string model, string expected) =>
        Assert.Contains(expected, CommandLineProcess.Run(fixture.Folder, "evaluate", model, "test-photos").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void Of_many_classes_the_worst_are_shown()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 25; i++)
        {
            DrawnPhotos.DrawClass(folder.Path, $"class {i:00}", 2, seed: i);
        }

        CommandLineProcess.Run(fixture.Folder, "train", folder.Path, "-o", "many.zip", "--backbone", fixture.TinyBackbone, "--input-size", "32", "--layer", "block5_pool:avg", "--l2", "1", "--no-refit", "-q").Expect(0);
        string output = CommandLineProcess.Run(fixture.Folder, "evaluate", "many.zip", folder.Path).Expect(0).Output;
        Assert.Contains("The 20 worst of 25 classes by F1", output, StringComparison.Ordinal);
        Assert.Equal(20, Regex.Count(output, @"class \d\d .* %"));

        // Instead of a confusion matrix that no screen takes.
        Assert.Matches("True class +Taken for +Images", output);
    }

    [Fact]
    public void A_class_that_the_model_does_not_know_is_an_error()
    {
        using var folder = new TemporaryFolder();
        DrawnPhotos.DrawClass(folder.Path, "dogs", 1);
        Assert.Contains("doesn't know its class 'dogs'", CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", folder.Path).Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_images_are_counted_and_strict_fails_at_them()
    {
        using var folder = new TemporaryFolder();
        DrawnPhotos.DrawClass(folder.Path, "circles", 2);
        File.WriteAllText(Path.Combine(folder.Path, "circles", "bad.png"), "no picture");
        JsonElement json = CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", folder.Path, "--json").Expect(0).Json;
        Assert.Equal(2, json.GetProperty("metrics").GetProperty("images").GetInt32());
        Assert.Equal(1, json.GetProperty("skipped").GetArrayLength());
        CommandLineResult strict = CommandLineProcess.Run(fixture.Folder, "evaluate", "model.zip", folder.Path, "--json", "--strict").Expect(1);
        Assert.Contains("bad.png", strict.ErrorSentence, StringComparison.Ordinal);
        Assert.Empty(strict.Output);
    }
}
