using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkiaSharp;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class TrainCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_is_all_of_standard_output_and_tells_everything()
    {
        JsonElement json = fixture.Training.Expect(0).Json;
        Assert.Equal("model.zip", json.GetProperty("model").GetString());
        Assert.Equal(new FileInfo(fixture.Model).Length, json.GetProperty("bytes").GetInt64());
        Assert.Equal("vgg16-imagenet-conv", json.GetProperty("backbone").GetProperty("name").GetString());
        Assert.Equal("keras", json.GetProperty("backbone").GetProperty("preprocessing").GetString());
        Assert.Equal(DrawnPhotos.Classes, json.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal(32, json.GetProperty("inputSize").GetInt32());
        JsonElement precision = json.GetProperty("precision");
        Assert.Equal("int8", precision.GetProperty("chosen").GetString());
        Assert.EndsWith("with the ranges that the backbone came with", precision.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(precision.GetProperty("similarity").GetProperty("leastCosine").GetDouble(), 0.99, 1);
        Assert.Equal(18, json.GetProperty("trainingImages").GetInt32());
        Assert.Equal(6, json.GetProperty("validationImages").GetInt32());
        Assert.InRange(json.GetProperty("headTrials").GetArrayLength(), 10, 30);
        JsonElement validation = json.GetProperty("validation");
        Assert.Equal(1, validation.GetProperty("accuracy").GetDouble());
        Assert.Equal(3, validation.GetProperty("topKAccuracy").GetArrayLength());
        Assert.Equal(3, validation.GetProperty("classes").GetArrayLength());
        Assert.Equal(3, validation.GetProperty("confusionMatrix").GetArrayLength());
        Assert.Equal(24, json.GetProperty("calibration").GetProperty("images").GetInt32());
        Assert.True(json.GetProperty("tellsUnknown").GetBoolean());
        Assert.Equal(0, json.GetProperty("skipped").GetArrayLength());
    }

    [Fact]
    public void The_first_line_on_standard_error_says_what_runs()
    {
        Assert.StartsWith("Backbone vgg16-imagenet-conv (VGG16, convolutions only), CPU, ", fixture.Training.ErrorLines[0], StringComparison.Ordinal);
        Assert.StartsWith("This backbone has its convolutions only.", fixture.Training.ErrorLines[1], StringComparison.Ordinal);
        Assert.StartsWith("Comparing int8 with fp32, input size 32: ", fixture.Training.ErrorLines[2], StringComparison.Ordinal);
        Assert.Contains(fixture.Training.ErrorLines, line => line.StartsWith("Extracting features, input size 32: 0/24 images", StringComparison.Ordinal));
    }

    [Fact]
    public void People_read_what_was_chosen_why_and_what_it_is_worth()
    {
        CommandLineResult result = Train("photos with space.zip").Expect(0);
        foreach (string expected in (string[])["Layer", "best of 3 in cross-validation", "as asked for", "Accuracy (top-1)", "Macro accuracy", "Log-loss", "Precision", "[red]", "True \\ predicted", "Saved to", "vggtransfer predict \"photos with space.zip\" PHOTO.jpg"])
        {
            Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_seed_gives_the_same_head_and_the_same_words()
    {
        (string first, byte[] firstHead) = TrainIn("first");
        (string second, byte[] secondHead) = TrainIn("second");
        Assert.Equal(first, second);
        Assert.Equal(firstHead, secondHead);

        (string Json, byte[] Head) TrainIn(string name)
        {
            string folder = Directory.CreateDirectory(_folder.File(name)).FullName;
            CommandLineResult result = CommandLineProcess.Run(folder, "train", fixture.Photos, "-o", "m.zip", "--backbone", fixture.TinyBackbone, "--input-size", "32", "--seed", "7", "--json").Expect(0);
            JsonObject json = JsonNode.Parse(result.Output)!.AsObject();
            Assert.True(json.Remove("seconds"));
            using ZipArchive archive = ZipFile.OpenRead(Path.Combine(folder, "m.zip"));
            using Stream entry = archive.GetEntry("VggTransfer/head.safetensors")!.Open();
            using var head = new MemoryStream();
            entry.CopyTo(head);
            return (json.ToJsonString(), head.ToArray());
        }
    }

    [Fact]
    public void Bad_images_are_skipped_named_and_counted()
    {
        string photos = DrawPhotos();
        byte[] jpeg = DrawnPhotos.Draw("circles", 1, SKEncodedImageFormat.Jpeg);
        File.WriteAllBytes(Path.Combine(photos, "circles", "cut.jpg"), jpeg[..(jpeg.Length / 2)]);
        File.WriteAllBytes(Path.Combine(photos, "circles", "empty.jpg"), []);
        File.WriteAllText(Path.Combine(photos, "stripes", "text.jpg"), "no picture at all");
        CommandLineResult result = Train("model.zip", "--json").Expect(0);
        string[] skipped = [.. result.Json.GetProperty("skipped").EnumerateArray().Select(item => Path.GetFileName(item.GetProperty("path").GetString()!))];
        Assert.Equal(["cut.jpg", "empty.jpg", "text.jpg"], skipped);
        foreach (string name in skipped)
        {
            Assert.Single(result.ErrorLines, line => line.StartsWith("warning: skipped: ", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_screen_names_twenty_skipped_images_and_JSON_all()
    {
        string photos = DrawPhotos();
        for (int i = 0; i < 25; i++)
        {
            File.WriteAllText(Path.Combine(photos, "circles", $"bad{i}.jpg"), "no picture");
        }

        CommandLineResult result = Train("model.zip", "--json").Expect(0);
        Assert.Equal(25, result.Json.GetProperty("skipped").GetArrayLength());
        Assert.Equal(20, result.ErrorLines.Count(line => line.StartsWith("warning: skipped: ", StringComparison.Ordinal)));
        Assert.Contains("... and 5 more", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Strict_fails_at_a_bad_image_and_writes_nothing()
    {
        string photos = DrawPhotos();
        File.WriteAllText(Path.Combine(photos, "circles", "text.jpg"), "no picture");
        Assert.Contains("text.jpg", Train("model.zip", "--strict").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Equal(["photos"], Entries(_folder.Path));
    }

    [Theory]
    [InlineData("empty", "there are no images in it")]
    [InlineData("one class", "only one class")]
    [InlineData("flat", "directly in it")]
    [InlineData("missing", "there is no such folder")]
    [InlineData("a file", "it is a file")]
    [InlineData("unreadable", "none of its images can be read")]
    public void A_folder_that_is_no_data_set_gives_one_sentence(string kind, string expected)
    {
        string photos = _folder.File("photos");
        switch (kind)
        {
            case "empty":
                Directory.CreateDirectory(photos);
                break;
            case "one class":
                DrawnPhotos.DrawClass(photos, "circles", 4);
                break;
            case "flat":
                DrawnPhotos.DrawClass(_folder.Path, "photos", 4);
                break;
            case "a file":
                File.WriteAllText(photos, "x");
                break;
            case "unreadable":
                foreach (string label in (string[])["a", "b"])
                {
                    Directory.CreateDirectory(Path.Combine(photos, label));
                    File.WriteAllText(Path.Combine(photos, label, "x.jpg"), "no picture");
                }

                break;
        }

        CommandLineResult result = Train("model.zip").Expect(1);
        Assert.Contains(expected, result.ErrorSentence, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.False(File.Exists(_folder.File("model.zip")));
    }

    [Fact]
    public void Classes_that_differ_only_in_case_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a file system that tells case apart");
        string photos = DrawPhotos();
        DrawnPhotos.DrawClass(photos, "Circles", 2);
        Assert.Contains("differ only in upper and lower case", Train("model.zip").Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_of_one_image_and_a_loop_of_links_are_borne_with()
    {
        string photos = DrawPhotos();
        DrawnPhotos.DrawClass(photos, "single", 1);
        Directory.CreateSymbolicLink(Path.Combine(photos, "circles", "loop"), photos);
        Directory.CreateSymbolicLink(Path.Combine(photos, "stripes", "self"), Path.Combine(photos, "stripes"));
        CommandLineResult result = Train("model.zip", "--json").Expect(0);
        Assert.Contains(result.Json.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.Contains("'single' has one image", StringComparison.Ordinal));
        Assert.Contains("warning: Class 'single' has one image", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere/model.zip", "doesn't exist; create it first")]
    [InlineData("file/model.zip", "is a file")]
    [InlineData("photos", "is a folder")]
    [InlineData("/dev/full", "a folder of the system")]
    [InlineData("/proc/model.zip", "a folder of the system")]
    public void An_output_that_can_not_be_is_refused_before_any_work(string output, string expected)
    {
        Assert.SkipWhen(output[0] == '/' && OperatingSystem.IsWindows(), "Unix paths");
        DrawPhotos();
        File.WriteAllText(_folder.File("file"), "x");
        CommandLineResult result = Train(output).Expect(1);
        Assert.Contains(expected, result.ErrorSentence, StringComparison.Ordinal);
        Assert.Single(result.ErrorLines);
        Assert.Equal(["file", "photos"], Entries(_folder.Path));
    }

    [Fact]
    public void A_separate_folder_validates()
    {
        CommandLineResult result = CommandLineProcess.Run(
            _folder.Path, "train", fixture.Photos, "--validation", fixture.TestPhotos, "-o", "m.zip", "--backbone", fixture.TinyBackbone, "--input-size", "32", "--l2", "1", "--layer", "block5_pool:max", "--json").Expect(0);
        Assert.Equal(24, result.Json.GetProperty("trainingImages").GetInt32());
        Assert.Equal(9, result.Json.GetProperty("validationImages").GetInt32());

        // How features are scaled is all that is left to choose.
        Assert.Equal(["standardized", "uniform"], result.Json.GetProperty("headTrials").EnumerateArray().Select(trial => trial.GetProperty("scaling").GetString()).Order());
        using ImageClassifier classifier = ImageClassifier.Load(_folder.File("m.zip"));
        Assert.Equal("block5_pool:max", classifier.Description.Layer.ToString());
        Assert.Equal(1, classifier.Description.L2Regularization);
    }

    private string DrawPhotos() => DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 5);

    private CommandLineResult Train(string output, params string[] more)
    {
        string photos = Path.Exists(_folder.File("photos")) || more.Length == 0 && output == "model.zip" ? "photos" : fixture.Photos;
        return CommandLineProcess.Run(_folder.Path, ["train", photos, "--output", output, "--backbone", fixture.TinyBackbone, "--input-size", "32", .. more]);
    }

    private static string[] Entries(string folder) => [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
}
