using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>A narrow backbone and drawn images, for trainings that take a fraction of a second and files of some 100 KB.</summary>
internal static class ClassifierFixture
{
    private static readonly VggModel s_backbone = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, IncludeTop = false });

    public static ImageClassifierTrainerOptions Options { get; } = new() { Backbone = new VggBackbone(s_backbone), InputSize = 32, Threads = 1 };

    public static void Draw(TemporaryFolder folder, int count = 6)
    {
        foreach ((int colour, string label) in ((string[])["red", "green", "blue"]).Index())
        {
            folder.AddClass(label, count, colour);
        }
    }

    /// <summary>Draws and trains.</summary>
    /// <param name="folder">Gets the images.</param>
    /// <param name="count">Images of each class.</param>
    /// <param name="inputSize">From 96 on, the saved classifier computes by Winograd's method, below by ONNX Runtime.</param>
    public static TrainedImageClassifier Train(TemporaryFolder folder, int count = 6, int inputSize = 32)
    {
        Draw(folder, count);
        return ImageClassifierTrainer.Train(ImageFolder.Open(folder.Path), Options with { InputSize = inputSize });
    }

    /// <summary>The bytes of a saved model.</summary>
    /// <param name="inputSize">As above.</param>
    public static byte[] Save(int inputSize)
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier trained = Train(folder, inputSize: inputSize);
        trained.Save(folder.File("model.zip"));
        return File.ReadAllBytes(folder.File("model.zip"));
    }
}
