using System.Text.Json;
using System.Xml.Linq;
using VggTransfer.Classification;
using VggTransfer.Cli;
using VggTransfer.Images;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Cli;

/// <summary>A small training that wasn't interrupted, for others to be compared with.</summary>
public sealed class FitFixture : IDisposable
{
    // Epochs of three steps on data of four: they read on in one stream.
    internal static readonly string[] Arguments =
    [
        "--architecture", "A", "--width", "0.0625", "--batch-norm", "--dense-units", "8", "--input-size", "32", "--epochs", "12", "--batch-size", "6",
        "--steps-per-epoch", "3", "--checkpoint-steps", "2", "--threads", "1", "--seed", "5", "--offline", "--device", "cpu",
    ];

    private readonly TemporaryFolder _folder = new();

    public FitFixture()
    {
        DrawnPhotos.DrawFolder(Photos, perClass: 10);
        Whole = Run("whole", "--json");
    }

    public string Folder => _folder.Path;

    public string Photos => _folder.File("photos");

    internal CommandLineResult Whole { get; }

    public void Dispose() => _folder.Dispose();

    internal CommandLineResult Run(string output, params string[] more) => CommandLineProcess.Run(Folder, ["fit", "photos", "--output", output, .. Arguments, .. more]);

    internal CommandLineResult RunAndSignal(string signal, string atLine, string output, params string[] more) =>
        CommandLineProcess.RunAndSignalAt(atLine, Folder, signal, ["fit", "photos", "--output", output, .. Arguments, .. more]);

    internal string File(string output, string name) => Path.Combine(Folder, output, name);
}

[Collection(CliTests.Name)]
public sealed class FitCommandTests(FitFixture fixture) : IClassFixture<FitFixture>
{
    [Fact]
    public void The_first_line_names_the_network_and_the_device()
    {
        string[] lines = fixture.Whole.Expect(0).ErrorLines;
        Assert.Equal("VGG11 with batch norm, width 0.0625 for 3 classes, input size 32, 37,331 parameters, CPU, 1 thread, float32.", lines[0]);
        Assert.Contains("Epoch 12/12", lines);
    }

    [Fact]
    public void Json_tells_everything_and_the_files_are_there()
    {
        JsonElement json = fixture.Whole.Expect(0).Json;
        Assert.Equal(24, json.GetProperty("trainingImages").GetInt32());
        Assert.Equal(6, json.GetProperty("validationImages").GetInt32());
        Assert.Equal(12, json.GetProperty("epochs").GetInt32());
        Assert.Equal(["accuracy", "loss", "lr", "val_accuracy", "val_loss"], json.GetProperty("figures").EnumerateObject().Select(figure => figure.Name).Order(StringComparer.Ordinal));
        Assert.Equal(3, json.GetProperty("validation").GetProperty("classes").GetArrayLength());
        Assert.Equal(13, File.ReadAllLines(fixture.File("whole", "history.csv")).Length);
        Assert.NotEmpty(XElement.Load(fixture.File("whole", "curves.svg")).Elements());
    }

    [Fact]
    public void Evaluate_finds_what_the_training_found()
    {
        // The pictures to train on are among these, too; what is compared is the same count of the same network.
        JsonElement trained = fixture.Whole.Expect(0).Json.GetProperty("validation");
        double accuracy = trained.GetProperty("accuracy").GetDouble();
        using ImageClassifier classifier = ImageClassifier.Load(fixture.File("whole", "model.zip"));
        Assert.Equal(accuracy, classifier.Description.ValidationAccuracy);
        CommandLineResult evaluated = CommandLineProcess.Run(fixture.Folder, "evaluate", "whole/model.zip", "photos", "--json").Expect(0);
        Assert.Equal(30, evaluated.Json.GetProperty("metrics").GetProperty("images").GetInt32());
    }

    [Fact]
    public void Probabilities_of_the_classifier_are_those_of_the_trained_network()
    {
        using VggModel weights = SafetensorsModelReader.Read(fixture.File("whole", "model.safetensors"));
        Assert.Equal(PreprocessingFamily.ZeroToOne, weights.Preprocessing);
        Assert.Equal(DrawnPhotos.Classes, weights.Labels);
        using Sequential model = FitNetwork.Build(weights.Architecture, Settings);
        model.Execution = new ExecutionOptions { Device = "cpu", Threads = 1 };
        model.LoadWeights(weights);
        using var classifier = ImageClassifier.Load(fixture.File("whole", "model.zip"), threads: 1);
        foreach (string file in Directory.GetFiles(fixture.Photos, "*.png", SearchOption.AllDirectories))
        {
            byte[] pixels = new byte[32 * 32 * 3];
            ImagePreparation.Prepare(file, ResizeRecipe.MlNetCrop, 32, pixels);
            float[] expected = model.Predict(NDArray.From(pixels, 1, 32, 32, 3), verbose: Verbosity.Silent, cancellationToken: TestContext.Current.CancellationToken).ToSingles();
            LinearHead.ToProbabilities(expected);
            foreach (ClassProbability found in classifier.Classify(file).Classes)
            {
                Assert.Equal(expected[Array.IndexOf(DrawnPhotos.Classes, found.Label)], found.Probability, tolerance: 1e-4);
            }
        }
    }

    [Fact]
    public void A_training_that_is_interrupted_and_killed_ends_as_one_that_was_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by Linux's kill");
        CommandLineResult interrupted = fixture.RunAndSignal("-INT", "Epoch 3/", "stopped").Expect(130);
        Assert.Equal("Cancelled.", interrupted.ErrorLines[^1]);
        Assert.Contains("The training is saved; the same command with --resume goes on with it.", interrupted.ErrorLines);
        Assert.False(File.Exists(fixture.File("stopped", "model.zip")));

        Assert.Equal(137, fixture.RunAndSignal("-KILL", "Epoch 7/", "stopped", "--resume").ExitCode);
        Assert.False(File.Exists(fixture.File("stopped", "model.zip")));

        CommandLineResult resumed = fixture.Run("stopped", "--resume").Expect(0);
        Assert.DoesNotContain("Epoch 1/12", resumed.ErrorLines);
        foreach (string name in (string[])["history.csv", "curves.svg"])
        {
            Assert.Equal(File.ReadAllBytes(fixture.File("whole", name)), File.ReadAllBytes(fixture.File("stopped", name)));
        }

        using VggModel expected = SafetensorsModelReader.Read(fixture.File("whole", "model.safetensors"));
        using VggModel found = SafetensorsModelReader.Read(fixture.File("stopped", "model.safetensors"));
        RandomModels.AssertSameTensors(expected, found);
    }

    [Fact]
    public void A_folder_is_one_trainings_own()
    {
        Assert.Contains("There is a training in 'whole' already; add --resume", fixture.Run("whole").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("There is no training in 'nowhere'", fixture.Run("nowhere", "--resume").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder, "nowhere")));
        string other = fixture.Run("whole", "--resume", "--l2", "0.001").Expect(2).ErrorSentence;
        Assert.Contains("settings.l2 was 0.0005 and is 0.001", other, StringComparison.Ordinal);
    }

    private static FitSettings Settings => new()
    {
        Epochs = 1,
        BatchSize = 1,
        StepsPerEpoch = null,
        Optimizer = OptimizerKind.Sgd,
        LearningRate = 0.1,
        Schedule = ScheduleKind.Constant,
        WarmUp = 0,
        L2 = 0,
        WeightDecay = 0,
        LabelSmoothing = 0,
        Augment = AugmentKind.None,
        EarlyStopping = null,
        CheckpointSteps = 1,
        Seed = 0,
        Precision = Precision.Float32,
    };
}
