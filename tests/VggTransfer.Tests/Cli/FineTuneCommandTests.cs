using System.Text.Json;
using System.Xml.Linq;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

/// <summary>A small fine-tuning that wasn't interrupted, for others to be compared with.</summary>
public sealed class FineTuneFixture : IDisposable
{
    // Enough that a signal at an early one comes before the last.
    public const int Epochs = 40;

    internal static readonly string[] Arguments =
    [
        "--backbone", "tiny.safetensors", "--input-size", "32", "--freeze-until", "block4_conv1", "--batch-size", "4", "--learning-rate", "0.02", "--backbone-learning-rate", "0.005",
        "--validation", "test-photos", "--threads", "1", "--seed", "5", "--device", "cpu", "--precision", "float32", "--offline",
    ];

    private readonly TemporaryFolder _folder = new();

    public FineTuneFixture()
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 8);
        DrawnPhotos.DrawFolder(TestPhotos, perClass: 3, seed: 2);
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.05, InputSize = 32, IncludeTop = false };
        SafetensorsModelWriter.Write(RandomModels.CreateTrainable(architecture), _folder.File("tiny.safetensors"));
        Whole = Run("whole", "--json");
    }

    public string Folder => _folder.Path;

    public string TestPhotos => _folder.File("test-photos");

    internal CommandLineResult Whole { get; }

    public void Dispose() => _folder.Dispose();

    internal CommandLineResult Run(string output, params string[] more) =>
        CommandLineProcess.Run(Folder, ["finetune", "photos", "--output", output, .. EpochsOf(more), .. Arguments, .. more]);

    internal CommandLineResult RunAndSignal(string signal, string atLine, string output, params string[] more) =>
        CommandLineProcess.RunAndSignalAt(atLine, Folder, signal, ["finetune", "photos", "--output", output, .. EpochsOf(more), .. Arguments, .. more]);

    internal string File(string output, string name) => Path.Combine(Folder, output, name);

    private static string[] EpochsOf(string[] arguments) => arguments.Contains("--epochs") ? [] : ["--epochs", $"{Epochs}"];
}

[Collection(CliTests.Name)]
public sealed class FineTuneCommandTests(FineTuneFixture fixture) : IClassFixture<FineTuneFixture>
{
    [Fact]
    public void Redirected_there_is_a_line_for_each_epoch()
    {
        string[] lines = fixture.Whole.Expect(0).ErrorLines;
        Assert.Equal("Fine-tuning tiny.safetensors (VGG11, width 0.05, convolutions only) on 24 images of 3 classes.", lines[0]);
        for (int epoch = 1; epoch <= FineTuneFixture.Epochs; epoch++)
        {
            string line = Assert.Single(lines, line => line.StartsWith($"epoch {epoch} of {FineTuneFixture.Epochs}, block4_conv1 on, input size 32: ", StringComparison.Ordinal));
            Assert.Contains("val_accuracy ", line, StringComparison.Ordinal);
            Assert.Equal(epoch < FineTuneFixture.Epochs, line.EndsWith(" left.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Json_tells_everything_and_the_files_are_there()
    {
        JsonElement json = fixture.Whole.Expect(0).Json;
        Assert.Equal(24, json.GetProperty("trainingImages").GetInt32());
        Assert.Equal(9, json.GetProperty("validationImages").GetInt32());
        Assert.Equal(FineTuneFixture.Epochs, json.GetProperty("epochs").GetInt32());
        Assert.Equal(DrawnPhotos.Classes, json.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal(FineTuneFixture.Epochs, json.GetProperty("figures").GetProperty("val_loss").GetArrayLength());
        Assert.Equal("block4_conv1", json.GetProperty("stages")[0].GetProperty("freezeUntil").GetString());
        Assert.InRange(json.GetProperty("frozen").GetProperty("accuracy").GetDouble(), 0, 1);
        Assert.InRange(json.GetProperty("bestEpoch").GetInt32(), 1, FineTuneFixture.Epochs);

        string[] history = File.ReadAllLines(fixture.File("whole", "history.csv"));
        Assert.Equal("epoch,accuracy,loss,lr,val_accuracy,val_loss", history[0]);
        Assert.Equal(FineTuneFixture.Epochs + 1, history.Length);
        Assert.NotEmpty(XElement.Load(fixture.File("whole", "curves.svg")).Elements());
        Assert.True(File.Exists(fixture.File("whole", "workspace/workspace.json")));
        Assert.Empty(Directory.EnumerateFiles(fixture.File("whole", "workspace"), "frozen-*"));
    }

    [Fact]
    public void Evaluate_finds_what_the_training_found_with_and_without_mirror_pictures()
    {
        JsonElement trained = fixture.Whole.Expect(0).Json;
        foreach ((string name, string[] more) in ((string, string[])[])[("validation", []), ("validationMirrored", ["--tta"])])
        {
            JsonElement judged = CommandLineProcess.Run(fixture.Folder, ["evaluate", "whole/model.zip", "test-photos", "--json", .. more]).Expect(0).Json.GetProperty("metrics");
            Assert.Equal(trained.GetProperty(name).GetProperty("logLoss").GetDouble(), judged.GetProperty("logLoss").GetDouble(), tolerance: name == "validation" ? 1e-4 : 0.02);
            Assert.Equal(trained.GetProperty(name).GetProperty("images").GetInt32(), judged.GetProperty("images").GetInt32());
        }
    }

    [Fact]
    public void People_get_before_and_after_and_quiet_says_nothing_else()
    {
        CommandLineResult result = fixture.Run("read", "--epochs", "1", "--quiet").Expect(0);
        Assert.Empty(result.Error);
        foreach (string text in (string[])["frozen features and a head", ", averaged with mirror pictures", "Accuracy (top-1)", "Kept: ", "Next: vggtransfer predict read/model.zip PHOTO.jpg"])
        {
            Assert.Contains(text, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_training_that_is_interrupted_and_killed_ends_as_one_that_was_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by Linux's kill");
        CommandLineResult interrupted = fixture.RunAndSignal("-INT", "epoch 2 of", "stopped").Expect(130);
        Assert.Equal("Cancelled.", interrupted.ErrorLines[^1]);
        Assert.Contains("The fine-tuning is saved; the same command with --resume goes on with it.", interrupted.ErrorLines);
        Assert.False(File.Exists(fixture.File("stopped", "model.zip")));

        // Figures and curves are there while it trains.
        Assert.True(File.ReadAllLines(fixture.File("stopped", "history.csv")).Length > 2);
        Assert.NotEmpty(XElement.Load(fixture.File("stopped", "curves.svg")).Elements());

        Assert.Equal(137, fixture.RunAndSignal("-KILL", "epoch 5 of", "stopped", "--resume").ExitCode);
        Assert.False(File.Exists(fixture.File("stopped", "model.zip")));

        CommandLineResult resumed = fixture.Run("stopped", "--resume").Expect(0);
        Assert.DoesNotContain(resumed.ErrorLines, line => line.StartsWith("epoch 1 of", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(fixture.File("whole", "history.csv")), File.ReadAllBytes(fixture.File("stopped", "history.csv")));
        using VggModel expected = SafetensorsModelReader.Read(fixture.File("whole", "model.safetensors"));
        using VggModel found = SafetensorsModelReader.Read(fixture.File("stopped", "model.safetensors"));
        RandomModels.AssertSameTensors(expected, found);
        using ImageClassifier whole = ImageClassifier.Load(fixture.File("whole", "model.zip"), threads: 1);
        using ImageClassifier stopped = ImageClassifier.Load(fixture.File("stopped", "model.zip"), threads: 1);
        foreach (LabeledImage image in ImageFolder.Open(fixture.TestPhotos, TestContext.Current.CancellationToken).Images)
        {
            Assert.Equal(whole.Classify(image.Path).Classes, stopped.Classify(image.Path).Classes);
        }
    }

    [Fact]
    public void A_folder_is_one_trainings_own()
    {
        Assert.Contains("There is a training in 'whole' already; add --resume", fixture.Run("whole").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("There is no training in 'nowhere'", fixture.Run("nowhere", "--resume").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder, "nowhere")));
        string other = fixture.Run("whole", "--resume", "--weight-decay", "0.5").Expect(1).ErrorSentence;
        Assert.Contains("WeightDecay was 0.001 and is 0.5", other, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_that_the_network_does_not_have_is_wrong_usage()
    {
        string Sentence(params string[] more) =>
            CommandLineProcess.Run(fixture.Folder, ["finetune", "photos", "-o", "other", "--backbone", "tiny.safetensors", .. more]).Expect(2).ErrorSentence;
        Assert.Contains("Freezing ends at 'block1_conv2', and VGG11, width 0.05, convolutions only can be trained from block5_conv2", Sentence("--freeze-until", "block1_conv2"), StringComparison.Ordinal);
        Assert.Contains("has no layer 'block1_conv2'", Sentence("--layer", "block1_conv2:avg"), StringComparison.Ordinal);
        Assert.Contains("put :avg or :max behind each map", Sentence("--layer", "block5_pool"), StringComparison.Ordinal);
        Assert.Contains("--layer and --head dense exclude each other", Sentence("--layer", "block5_pool:avg", "--head", "dense"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder, "other")));
    }

    [Fact]
    public void The_head_works_on_the_maps_that_were_asked_for()
    {
        JsonElement json = fixture.Run("maps", "--epochs", "1", "--json", "--layer", "block3_pool:max+block5_pool:avg").Expect(0).Json;
        Assert.Equal("block3_pool:max+block5_pool:avg", json.GetProperty("layer").GetString());
        JsonElement judged = CommandLineProcess.Run(fixture.Folder, ["evaluate", "maps/model.zip", "test-photos", "--json"]).Expect(0).Json.GetProperty("metrics");
        Assert.Equal(json.GetProperty("validation").GetProperty("logLoss").GetDouble(), judged.GetProperty("logLoss").GetDouble(), tolerance: 1e-4);
    }

    [Fact]
    public void A_classifier_is_continued_with_its_network_and_head()
    {
        string[] arguments = [.. FineTuneFixture.Arguments.Where(argument => argument is not ("--backbone" or "tiny.safetensors"))];
        JsonElement json = CommandLineProcess.Run(fixture.Folder, ["finetune", "photos", "-o", "more", "--continue-from", "whole/model.zip", "--epochs", "1", "--json", .. arguments]).Expect(0).Json;
        Assert.Equal("whole/model.zip", json.GetProperty("source").GetString());

        // What it begins with is what the classifier was worth.
        double before = fixture.Whole.Json.GetProperty("validation").GetProperty("logLoss").GetDouble();
        Assert.Equal(before, json.GetProperty("frozen").GetProperty("logLoss").GetDouble(), tolerance: 1e-4);
    }

    [Fact]
    public void Find_rate_draws_a_curve_and_trains_nothing()
    {
        CommandLineResult result = fixture.Run("rates", "--find-rate", "--json").Expect(0);
        double suggestion = result.Json.GetProperty("learningRate").GetDouble();
        Assert.InRange(suggestion, 1e-7, 10);
        Assert.Equal(suggestion / 4, result.Json.GetProperty("backboneLearningRate").GetDouble(), tolerance: suggestion * 1e-9);
        double[] losses = [.. result.Json.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("smoothedLoss").GetDouble())];
        Assert.Equal(1 - (losses.Min() / losses[0]), result.Json.GetProperty("fall").GetDouble(), tolerance: 1e-12);
        string[] lines = File.ReadAllLines(fixture.File("rates", "learning-rate.csv"));
        Assert.Equal(result.Json.GetProperty("points").GetArrayLength() + 1, lines.Length);
        Assert.NotEmpty(XElement.Load(fixture.File("rates", "learning-rate.svg")).Elements());
        Assert.False(File.Exists(fixture.File("rates", "model.zip")));
        Assert.Equal(result.Output, fixture.Run("rates", "--find-rate", "--json").Expect(0).Output);
    }
}
