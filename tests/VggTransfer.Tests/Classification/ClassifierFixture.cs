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

    public static ImageClassifierTrainerOptions Options { get; } = new() { Backbone = s_backbone, InputSize = 32, Threads = 1 };

    public static void Draw(TemporaryFolder folder, int count = 6)
    {
        foreach ((int colour, string label) in ((string[])["red", "green", "blue"]).Index())
        {
            folder.AddClass(label, count, colour);
        }
    }

    /// <summary>Draws and trains.</summary>
    public static TrainedImageClassifier Train(TemporaryFolder folder, int count = 6)
    {
        Draw(folder, count);
        return ImageClassifierTrainer.Train(ImageFolder.Open(folder.Path), Options);
    }
}
