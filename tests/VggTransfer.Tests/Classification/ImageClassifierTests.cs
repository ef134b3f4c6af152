using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

public sealed class ImageClassifierTests
{
    [Fact]
    public void Path_stream_and_bytes_give_the_same_from_many_threads()
    {
        using var folder = new TemporaryFolder();
        using ImageClassifier classifier = TrainAndLoad(folder);
        string[] paths = Directory.GetFiles(folder.File("red"));
        ImagePrediction[] expected = [.. paths.Select(classifier.Classify)];

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, thread =>
        {
            for (int call = 0; call < 10; call++)
            {
                int i = (thread + call) % paths.Length;
                using FileStream stream = File.OpenRead(paths[i]);
                AssertSame(expected[i], classifier.Classify(paths[i]));
                AssertSame(expected[i], classifier.Classify(stream, paths[i]));
                AssertSame(expected[i], classifier.Classify(File.ReadAllBytes(paths[i]), paths[i]));
            }
        });
    }

    [Fact]
    public void Bad_images_give_results_with_errors_in_their_place()
    {
        using var folder = new TemporaryFolder();
        using ImageClassifier classifier = TrainAndLoad(folder);
        string bad = folder.File("bad.png");
        File.WriteAllText(bad, "no image");

        ImagePrediction[] predictions = [.. classifier.ClassifyAll([bad, folder.File("red/000.png"), folder.File("missing.png")], TestContext.Current.CancellationToken)];

        Assert.Equal([true, false, true], predictions.Select(prediction => prediction.Error is not null));
        Assert.Equal([null, "red", null], predictions.Select(prediction => prediction.Label));
        Assert.Equal([0, predictions[1].Classes[0].Probability, 0], predictions.Select(prediction => prediction.Probability));
        Assert.Throws<InvalidImageException>(() => classifier.Classify(bad));
        Assert.Throws<FileNotFoundException>(() => classifier.Classify(folder.File("missing.png")));
    }

    [Fact]
    public void Evaluation_skips_and_reports_bad_images_and_refuses_unknown_classes()
    {
        using var folder = new TemporaryFolder();
        using ImageClassifier classifier = TrainAndLoad(folder);
        using var other = new TemporaryFolder();
        other.AddClass("red", 3, colour: 0);
        File.WriteAllText(other.File("red/bad.png"), "no image");

        EvaluationResult result = classifier.Evaluate(ImageFolder.Open(other.Path, TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);
        other.AddClass("gold", 1, colour: 3);
        InvalidImageFolderException exception = Assert.Throws<InvalidImageFolderException>(
            () => classifier.Evaluate(ImageFolder.Open(other.Path, TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal((3, 1), (result.Metrics.Count, result.Skipped.Count));
        Assert.Equal(1, result.Metrics.Accuracy);
        Assert.Contains("doesn't know its class 'gold'", exception.Message, StringComparison.Ordinal);
    }

    private static ImageClassifier TrainAndLoad(TemporaryFolder folder)
    {
        using TrainedImageClassifier trained = ClassifierFixture.Train(folder);
        trained.Save(folder.File("model.zip"));
        return ImageClassifier.Load(folder.File("model.zip"), threads: 1);
    }

    private static void AssertSame(ImagePrediction expected, ImagePrediction actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Classes.Select(c => c.Label), actual.Classes.Select(c => c.Label));
        Near.Assert([.. expected.Classes.Select(c => (float)c.Probability)], [.. actual.Classes.Select(c => (float)c.Probability)], 1e-5, expected.Name);
    }
}
