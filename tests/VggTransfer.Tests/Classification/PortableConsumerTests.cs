using System.Diagnostics;
using System.Globalization;
using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>Oracle: an application that knows only Microsoft's packages (tests/PortableConsumer).</summary>
public sealed class PortableConsumerTests
{
    [Fact]
    public void Saved_model_predicts_alike_in_an_application_without_this_library()
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier trained = ClassifierFixture.Train(folder);
        string file = folder.File("model.zip");
        trained.Save(file);

        AssertPredictsAlike(file, [.. Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories).Where((_, i) => i % 3 == 0)]);
    }

    [Fact]
    public void A_model_in_8_bit_integers_predicts_alike_there_too()
    {
        using var folder = new TemporaryFolder();
        DrawnPhotos.DrawFolder(folder.Path);
        using VggModel backbone = PretrainedBackbones.Open();
        string file = folder.File("model.zip");
        using (TrainedImageClassifier trained = ImageClassifierTrainer.Train(
            ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken),
            new ImageClassifierTrainerOptions { Backbone = new VggBackbone(backbone), InputSize = 32, L2Regularization = 10, Precision = OnnxPrecision.Int8 },
            cancellationToken: TestContext.Current.CancellationToken))
        {
            trained.Save(file);
        }

        AssertPredictsAlike(file, [.. Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories).Where((_, i) => i % 6 == 0)]);
    }

    [Fact]
    public void A_network_that_was_trained_whole_predicts_alike_there_too()
    {
        using var folder = new TemporaryFolder();
        VggArchitecture architecture = RandomModels.Tiny with { WidthMultiplier = 1.0 / 16, DenseUnits = 16, Classes = 3, BatchNorm = true };
        string file = folder.File("model.zip");
        ClassifierExport.Write(new VggModel(architecture, RandomModels.CreateTrainable(architecture).Tensors.Values) { Preprocessing = PreprocessingFamily.ZeroToOne, Labels = ["a", "b", "c"] }, file);

        AssertPredictsAlike(file, folder.AddClass("any", 4, colour: 2));
    }

    private static void AssertPredictsAlike(string file, string[] paths)
    {
        string consumer = Repository.Program("tests/PortableConsumer");
        using var classifier = ImageClassifier.Load(file, threads: 1);

        string[][] rows = [.. Run(consumer, [file, .. paths]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split('\t'))];

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(consumer)!, "VggTransfer*", SearchOption.AllDirectories));
        Assert.Equal(paths, rows.Select(row => row[0]));
        foreach (string[] row in rows)
        {
            ImagePrediction prediction = classifier.Classify(row[0]);
            Assert.Equal(prediction.Label, row[1]);
            Assert.Equal(prediction.Probability, double.Parse(row[2], CultureInfo.InvariantCulture), 1e-5);
        }
    }

    private static string Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
