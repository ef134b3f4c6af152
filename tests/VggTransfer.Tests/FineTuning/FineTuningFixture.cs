using VggTransfer.Architectures;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Training;

namespace VggTransfer.Tests.FineTuning;

/// <summary>Narrow backbones with random weights, drawn images, and recipes that take a fraction of a second.</summary>
internal sealed class FineTuningFixture : IDisposable
{
    private static readonly string[] s_classes = ["red", "green", "blue", "gold"];

    private readonly TemporaryFolder _folder = new();

    public FineTuningFixture(int classes = 3, int images = 6)
    {
        for (int i = 0; i < classes; i++)
        {
            _folder.AddClass(Path.Combine("train", s_classes[i]), images, i);
            Judged.AddRange(_folder.AddClass(Path.Combine("test", s_classes[i]), 3, i, side: 41).Select(path => (path, s_classes[i])));
        }
    }

    /// <summary>Plain convolutions in KerasCaffe's preprocessing: BGR, minus the mean.</summary>
    public static VggModel Plain { get; } = RandomModels.CreateTrainable(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, IncludeTop = false });

    /// <summary>With batch norm, in half precision, in torchvision's preprocessing.</summary>
    public static VggModel BatchNorm { get; } = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.B, BatchNorm = true, WidthMultiplier = 1.0 / 16, InputSize = 32, IncludeTop = false }, PreprocessingFamily.Torchvision, TensorType.Float16, seed: 2);

    /// <summary>With a dense part of its own.</summary>
    public static VggModel Whole { get; } = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 64, DenseUnits = 16, Classes = 7 }, PreprocessingFamily.Torchvision, seed: 3);

    public static FineTuningOptions Options { get; } = new()
    {
        Backbone = Plain,
        InputSize = 32,
        Epochs = 2,
        BatchSize = 5,
        BackboneLearningRate = 1e-3,
        LearningRate = 1e-2,
        Device = "cpu",
        Precision = Precision.Float32,
        Threads = 1,
    };

    /// <summary>The images to validate on, with their classes.</summary>
    public List<(string Path, string Label)> Judged { get; } = [];

    public ImageFolder Training => ImageFolder.Open(_folder.File("train"));

    public ImageFolder Validation => ImageFolder.Open(_folder.File("test"));

    public string File(string name) => _folder.File(name);

    /// <summary>Fine-tunes on the folder.</summary>
    public FineTunedImageClassifier Train(FineTuningOptions options, IProgress<FineTuningProgress>? progress = null) =>
        TrainUntil(options, progress, TestContext.Current.CancellationToken);

    /// <summary>Fine-tunes on images of any list.</summary>
    public FineTunedImageClassifier Train(ImageFolder images, FineTuningOptions options) =>
        ImageClassifierFineTuner.Train(images, options with { Validation = Validation }, progress: null, TestContext.Current.CancellationToken);

    /// <summary>Fine-tunes on the folder until a token is cancelled.</summary>
    public FineTunedImageClassifier TrainUntil(FineTuningOptions options, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken) =>
        ImageClassifierFineTuner.Train(Training, options with { Validation = Validation }, progress, cancellationToken);

    public void Dispose() => _folder.Dispose();

    /// <summary>All weights that a result has, in one row of bytes: network and head.</summary>
    public static byte[] Bits(FineTunedImageClassifier classifier) =>
    [
        .. classifier.Network.Tensors.Values.SelectMany(tensor => tensor.Data.ToArray()),
        .. classifier.Head.Weights.Concat(classifier.Head.Biases).SelectMany(BitConverter.GetBytes),
    ];

    /// <summary>The figures of the epochs as text, to the last bit.</summary>
    public static string Figures(FineTunedImageClassifier classifier) => Figures(classifier.Epochs);

    /// <summary>The figures of epochs as text, to the last bit.</summary>
    public static string Figures(IReadOnlyList<Logs> epochs) =>
        string.Join("; ", epochs.Select(logs => string.Join(", ", logs.Select(pair => FormattableString.Invariant($"{pair.Key} {pair.Value:R}")))));
}

/// <summary>Does something at each report, on the thread that reports.</summary>
internal sealed class OnProgress(Action<FineTuningProgress> action) : IProgress<FineTuningProgress>
{
    public void Report(FineTuningProgress value) => action(value);
}
