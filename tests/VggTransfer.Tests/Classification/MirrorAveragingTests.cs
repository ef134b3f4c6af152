using SkiaSharp;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>Oracle: the classifier itself without averaging, on pictures that were mirrored beforehand.</summary>
public sealed class MirrorAveragingTests : IDisposable
{
    // Squares of the network's own size, so that resizing changes no pixel of a picture or of its mirror picture.
    private const int Side = 32;

    private readonly TemporaryFolder _folder = new();
    private readonly string _model;
    private readonly string[] _pictures;
    private readonly string[] _mirrored;

    public MirrorAveragingTests()
    {
        using TrainedImageClassifier trained = ClassifierFixture.Train(_folder);
        _model = _folder.File("model.zip");
        trained.Save(_model);
        _pictures = _folder.AddClass("pictures/any", 5, colour: 3, side: Side);
        _mirrored = [.. _pictures.Select(Mirror)];
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Probabilities_are_the_mean_of_both_pictures()
    {
        using ImageClassifier plain = Load(mirrorAveraging: false);
        using ImageClassifier averaging = Load(mirrorAveraging: true);
        Dictionary<string, double>[] found = [.. averaging.ClassifyAll(_pictures, TestContext.Current.CancellationToken).Select(ByLabel)];
        for (int i = 0; i < _pictures.Length; i++)
        {
            Dictionary<string, double> left = ByLabel(plain.Classify(_pictures[i])), right = ByLabel(plain.Classify(_mirrored[i]));
            Assert.Contains(left, pair => Math.Abs(pair.Value - right[pair.Key]) > 1e-4);
            Dictionary<string, double> single = ByLabel(averaging.Classify(_pictures[i]));
            foreach (string label in plain.Labels)
            {
                Assert.Equal((left[label] + right[label]) / 2, found[i][label], tolerance: 1e-5);
                Assert.Equal(found[i][label], single[label], tolerance: 1e-5);
            }
        }
    }

    [Fact]
    public void A_picture_and_its_mirror_picture_get_the_same_answer()
    {
        using ImageClassifier classifier = Load(mirrorAveraging: true);
        foreach ((string picture, string mirrored) in _pictures.Zip(_mirrored))
        {
            Dictionary<string, double> left = ByLabel(classifier.Classify(picture)), right = ByLabel(classifier.Classify(mirrored));
            Assert.All(left, pair => Assert.Equal(pair.Value, right[pair.Key], tolerance: 1e-6));
            Assert.Equal(1, left.Values.Sum(), tolerance: 1e-5);
        }
    }

    [Fact]
    public void Unreadable_pictures_shift_nothing()
    {
        string bad = _folder.File("bad.png");
        File.WriteAllText(bad, "no image");
        using ImageClassifier classifier = Load(mirrorAveraging: true);
        ImagePrediction[] predictions = [.. classifier.ClassifyAll([_pictures[0], bad, _pictures[1], _pictures[2]], TestContext.Current.CancellationToken)];
        Assert.NotNull(predictions[1].Error);
        foreach (ImagePrediction prediction in predictions.Where(prediction => prediction.Error is null))
        {
            Dictionary<string, double> expected = ByLabel(classifier.Classify(prediction.Name));
            Assert.All(ByLabel(prediction), pair => Assert.Equal(expected[pair.Key], pair.Value, tolerance: 1e-5));
        }
    }

    [Fact]
    public void Evaluation_averages_too()
    {
        using ImageClassifier classifier = Load(mirrorAveraging: true);
        using var other = new TemporaryFolder();
        other.AddClass("red", 4, colour: 2, side: Side);
        ImageFolder red = ImageFolder.Open(other.Path, TestContext.Current.CancellationToken);
        EvaluationResult result = classifier.Evaluate(red, cancellationToken: TestContext.Current.CancellationToken);
        double loss = red.Images.Average(image => -Math.Log(ByLabel(classifier.Classify(image.Path))["red"]));
        Assert.Equal(loss, result.Metrics.LogLoss, tolerance: 1e-4);
    }

    [Fact]
    public void Options_are_checked_before_the_file_is_opened() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageClassifier.Load(_folder.File("missing.zip"), new ImageClassifierOptions { BatchSize = 257 }));

    [Fact]
    public void Columns_change_places_and_rows_stay()
    {
        byte[] pixels = [.. Enumerable.Range(0, 2 * 3 * 3).Select(i => (byte)i)];
        byte[] mirrored = new byte[pixels.Length];
        PixelMirror.Mirror(pixels, 3, mirrored);
        Assert.Equal([6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11], mirrored);
    }

    private ImageClassifier Load(bool mirrorAveraging) => ImageClassifier.Load(_model, new ImageClassifierOptions { BatchSize = 3, Threads = 1, MirrorAveraging = mirrorAveraging });

    private static Dictionary<string, double> ByLabel(ImagePrediction prediction) => prediction.Classes.ToDictionary(item => item.Label, item => item.Probability);

    private static string Mirror(string picture)
    {
        using SKBitmap bitmap = SKBitmap.Decode(picture);
        using var mirrored = new SKBitmap(bitmap.Info);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                mirrored.SetPixel(bitmap.Width - 1 - x, y, bitmap.GetPixel(x, y));
            }
        }

        string path = picture + ".mirrored.png";
        using SKData data = mirrored.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
        return path;
    }
}
