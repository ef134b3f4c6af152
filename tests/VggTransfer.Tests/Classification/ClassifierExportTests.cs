using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;

namespace VggTransfer.Tests.Classification;

/// <summary>Oracle: <see cref="ReferenceNetwork"/>, the definitions of the layers.</summary>
public sealed class ClassifierExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, true, true)]
    [InlineData(1, false, true)]
    [InlineData(0, true, false)]
    public void Probabilities_are_those_of_the_whole_network(int hiddenDenseLayers, bool batchNorm, bool fifthPool)
    {
        VggModel model = Model(new VggArchitecture
        {
            Configuration = VggConfiguration.B,
            BatchNorm = batchNorm,
            FifthPool = fifthPool,
            HiddenDenseLayers = hiddenDenseLayers,
            WidthMultiplier = 1.0 / 16,
            InputSize = 32,
            DenseUnits = 12,
            Classes = 3,
        });
        string path = _folder.File("model.zip");
        ClassifierExport.Write(model, path, new ClassifierExportOptions { TrainingImages = 9, ValidationAccuracy = 0.5, Seed = 4 });

        using ImageClassifier classifier = ImageClassifier.Load(path, threads: 1);
        Assert.Equal(9, classifier.Description.TrainingImages);
        foreach (string image in _folder.AddClass("any", 3, colour: 0))
        {
            byte[] pixels = new byte[32 * 32 * 3];
            ImagePreparation.Prepare(image, ResizeRecipe.MlNetCrop, 32, pixels);
            float[] input = new float[pixels.Length];
            ChannelNormalization.For(PreprocessingFamily.ZeroToOne).Normalize(pixels, input, inPlanes: true);
            float[] expected = ReferenceNetwork.Softmax(ReferenceNetwork.Run(model, input)["predictions"]);

            ImagePrediction prediction = classifier.Classify(image);
            foreach (ClassProbability found in prediction.Classes)
            {
                Assert.Equal(expected[model.Labels!.ToList().IndexOf(found.Label)], found.Probability, tolerance: 1e-5);
            }
        }
    }

    [Fact]
    public void What_a_classifier_needs_is_asked_for()
    {
        string path = _folder.File("model.zip");
        VggModel whole = Model(RandomModels.Tiny);
        Assert.Throws<ArgumentException>(() => ClassifierExport.Write(new VggModel(whole.Architecture, whole.Tensors.Values) { Preprocessing = PreprocessingFamily.ZeroToOne }, path));
        Assert.Throws<ArgumentException>(() => ClassifierExport.Write(new VggModel(whole.Architecture, whole.Tensors.Values) { Labels = whole.Labels }, path));
        Assert.Throws<ArgumentException>(() => ClassifierExport.Write(Model(RandomModels.Tiny with { IncludeTop = false }), path));
        Assert.False(File.Exists(path));
    }

    private static VggModel Model(VggArchitecture architecture)
    {
        VggModel random = RandomModels.CreateTrainable(architecture);
        return new VggModel(architecture, random.Tensors.Values)
        {
            Preprocessing = PreprocessingFamily.ZeroToOne,
            Labels = [.. Enumerable.Range(0, architecture.Classes).Select(i => $"class {i}")],
        };
    }
}
