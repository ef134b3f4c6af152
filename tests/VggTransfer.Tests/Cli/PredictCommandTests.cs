using System.Globalization;
using System.Text.Json;
using SkiaSharp;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class PredictCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_for_each_image_in_ordinal_order()
    {
        CommandLineResult result = Predict("test-photos").Expect(0);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(9, lines.Length);
        Assert.All(lines.Index(), line =>
        {
            string label = DrawnPhotos.Classes[line.Index / 3];
            Assert.StartsWith(label, line.Item, StringComparison.Ordinal);
            Assert.EndsWith($"test-photos/{label}/{line.Index % 3:00}.png", line.Item, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Json_agrees_with_the_library()
    {
        CommandLineResult result = Predict("test-photos", "photos/circles/00.png", "--top", "2", "--json").Expect(0);
        JsonElement[] predictions = [.. result.Json.GetProperty("predictions").EnumerateArray()];
        Assert.Equal(10, predictions.Length);
        Assert.Equal("photos/circles/00.png", predictions[9].GetProperty("path").GetString());
        using ImageClassifier classifier = ImageClassifier.Load(fixture.Model);
        foreach (JsonElement prediction in predictions)
        {
            ImagePrediction expected = classifier.Classify(Path.Combine(fixture.Folder, prediction.GetProperty("path").GetString()!));
            Assert.Equal(expected.Label, prediction.GetProperty("label").GetString());
            Assert.Equal(expected.Probability, prediction.GetProperty("probability").GetDouble(), 1e-4);
            Assert.Equal(2, prediction.GetProperty("classes").GetArrayLength());
            Assert.Equal(JsonValueKind.Null, prediction.GetProperty("error").ValueKind);
        }
    }

    [Fact]
    public void Csv_holds_any_name_and_as_many_classes_as_the_model_has()
    {
        string[] names = ["a,b \"c\".png", "[red] Zoë 漢字 🐈.png", new string('x', 196) + ".png", .. OperatingSystem.IsWindows() ? Array.Empty<string>() : ["line\nfeed.png"]];
        foreach (string name in names)
        {
            File.WriteAllBytes(_folder.File(name), DrawnPhotos.Draw("stripes", 5));
        }

        CommandLineResult result = Predict(_folder.Path, "--csv", "--top", "9").Expect(0);
        List<string[]> rows = CsvText.Parse(result.Output);
        Assert.Equal(["path", "label", "probability", "label2", "probability2", "label3", "probability3", "novelty", "unknown", "error"], rows[0]);
        Assert.Equal(names.Select(name => _folder.File(name)).Order(StringComparer.Ordinal), rows.Skip(1).Select(row => row[0]));
        Assert.All(rows.Skip(1), row =>
        {
            Assert.Equal("stripes", row[1]);
            Assert.Equal(1, new[] { row[2], row[4], row[6] }.Sum(text => double.Parse(text, CultureInfo.InvariantCulture)), 1e-5);
        });
    }

    [Fact]
    public void A_picture_of_another_kind_is_none_of_these()
    {
        // Noise: the photos are drawn in a few colours.
        using (SKBitmap noise = SampleImages.Draw(DrawnPhotos.Size, DrawnPhotos.Size, seed: 1))
        {
            File.WriteAllBytes(_folder.File("noise.png"), SampleImages.Encode(noise, SKEncodedImageFormat.Png));
        }

        string line = Predict(_folder.File("noise.png"), "--top", "2").Expect(0).Output;
        JsonElement[] predictions = [.. Predict("test-photos/circles/00.png", _folder.File("noise.png"), "--reject-rate", "0.01", "--json").Expect(0).Json.GetProperty("predictions").EnumerateArray()];

        Assert.StartsWith("(none of these) ", line, StringComparison.Ordinal);
        Assert.Contains(predictions[1].GetProperty("label").GetString()!, line, StringComparison.Ordinal);
        Assert.Equal([false, true], predictions.Select(prediction => prediction.GetProperty("unknown").GetBoolean()));
        Assert.InRange(predictions[0].GetProperty("novelty").GetDouble(), 0, 1);
        Assert.True(predictions[1].GetProperty("novelty").GetDouble() > 1);
    }

    [Fact]
    public void A_name_with_a_line_feed_or_brackets_stays_on_one_line()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names");
        File.WriteAllBytes(_folder.File("[red] line\nfeed \u001b[31m.png"), DrawnPhotos.Draw("stripes", 5));
        string line = Assert.Single(Predict(_folder.Path).Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.EndsWith("/[red] line\\nfeed \\u001b[31m.png", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_image_gets_a_row_of_its_own()
    {
        File.WriteAllBytes(_folder.File("a.png"), DrawnPhotos.Draw("circles", 5));
        File.WriteAllText(_folder.File("b.png"), "no picture");
        CommandLineResult result = Predict(_folder.Path, "--json").Expect(0);
        JsonElement bad = result.Json.GetProperty("predictions")[1];
        Assert.Contains("b.png", bad.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, bad.GetProperty("label").ValueKind);
        Assert.Equal(1, result.Json.GetProperty("failed").GetInt32());
        Assert.Contains("warning: skipped: ", result.Error, StringComparison.Ordinal);
        List<string[]> rows = CsvText.Parse(Predict(_folder.Path, "--csv").Expect(0).Output);
        Assert.Contains("b.png", rows[2][^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_good_image_or_when_strict_it_fails()
    {
        File.WriteAllText(_folder.File("b.png"), "no picture");
        CommandLineResult none = Predict(_folder.Path, "--json").Expect(1);
        Assert.Equal(0, none.Json.GetProperty("classified").GetInt32());
        CommandLineResult strict = Predict("test-photos", _folder.Path, "--json", "--strict").Expect(1);
        Assert.Contains("b.png", strict.ErrorSentence, StringComparison.Ordinal);
        Assert.Empty(strict.Output);
    }

    [Fact]
    public void A_path_that_is_not_there_is_an_error_sentence() =>
        Assert.Contains("no file or folder 'nowhere.jpg'", Predict("nowhere.jpg").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_kept_to_report_to_anybody()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a home folder by HOME");

        // ONNX Runtime's telemetry begins with an identifier in the cache folder.
        string home = Directory.CreateDirectory(_folder.File("home")).FullName;
        CommandLineProcess.RunInShell(fixture.Folder, $"unset CI GITHUB_ACTIONS TF_BUILD ORT_DISABLE_TELEMETRY XDG_CACHE_HOME; HOME='{home}' \"$@\"", "predict", fixture.Model, Path.Combine("test-photos", "circles", "00.png")).Expect(0);
        Assert.DoesNotContain(Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories), path => path.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Quiet_says_nothing_on_standard_error() => Assert.Empty(Predict("test-photos", "--quiet").Expect(0).Error);

    [Fact]
    public void A_full_disk_behind_standard_output_is_an_error_sentence()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        CommandLineResult result = CommandLineProcess.RunInShell(fixture.Folder, "\"$@\" > /dev/full", "predict", "model.zip", "test-photos", "--csv").Expect(1);
        Assert.Contains("No space left", result.ErrorSentence, StringComparison.Ordinal);
    }

    private CommandLineResult Predict(params string[] arguments) => CommandLineProcess.Run(fixture.Folder, ["predict", "model.zip", .. arguments]);
}
