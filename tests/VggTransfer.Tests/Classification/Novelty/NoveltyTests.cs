using System.Numerics.Tensors;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Classification.Novelty;

public sealed class NoveltyTests
{
    private const int Dimension = 40;

    /// <summary>Oracle: the subspace that the vectors were drawn in.</summary>
    [Fact]
    public void The_principal_subspace_is_found()
    {
        var random = new Random(1);
        float[][] axes = [.. Enumerable.Range(0, 3).Select(_ => Vector(random, Dimension, 1))];
        float[][] vectors = [.. Enumerable.Range(0, 200).Select(_ => Mix(axes, random, noise: 0.01))];

        float[][] basis = PrincipalSubspace.Find(vectors, 3, random);

        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                Assert.Equal(i == j ? 1 : 0, TensorPrimitives.Dot<float>(basis[i], basis[j]), 1e-5);
            }
        }

        Assert.All(axes, axis =>
        {
            double within = basis.Sum(direction => Math.Pow(TensorPrimitives.Dot<float>(direction, axis), 2));
            Assert.Equal(1, within / TensorPrimitives.SumOfSquares<float>(axis), 1e-3);
        });

        // Vectors that span less give fewer directions.
        Assert.Equal(2, PrincipalSubspace.Find([.. Enumerable.Range(0, 20).Select(_ => Mix(axes[..2], random, noise: 0))], 5, random).Length);
    }

    [Fact]
    public void Strangers_are_told_at_the_rate_that_is_asked_for()
    {
        var random = new Random(2);
        (NoveltyDetector detector, LinearHead head, Func<float[]> known) = Fit(random);
        double Score(float[] features) => detector.Score(features, head.Logits(features));
        double[] own = [.. Enumerable.Range(0, 2000).Select(_ => Score(known()))];
        double[] strange = [.. Enumerable.Range(0, 500).Select(_ => Score(Vector(random, Dimension, 1)))];

        foreach (double rate in new[] { 0.01, 0.05, 0.2 })
        {
            double threshold = detector.Threshold(rate);
            Assert.Equal(rate, own.Count(score => score > threshold) / 2000d, 0.04);
            Assert.True(strange.Count(score => score > threshold) > 450, $"{strange.Count(score => score > threshold)} of 500 found");
        }

        var scale = new NoveltyScale(detector, 0.05);
        Assert.Equal(0.05, Enumerable.Range(0, 2000).Select(_ => known()).Count(features => scale.Of(features, head.Logits(features)) > 1) / 2000d, 0.04);

        // As few scores as three can't hold a rate of 1 %: their largest is the limit.
        Assert.Equal(3, detector.WithScores([1, 3, 2]).Threshold(0.01));
    }

    [Fact]
    public void A_file_holds_the_detector_and_nothing_that_does_not_fit_is_taken()
    {
        var random = new Random(3);
        (NoveltyDetector detector, LinearHead head, Func<float[]> known) = Fit(random);
        byte[] content = Write(detector);
        NoveltyDetector read = Read(content, Dimension)!;
        float[] features = known();

        Assert.Equal(detector.Score(features, head.Logits(features)), read.Score(features, head.Logits(features)), 0.05);
        Assert.Equal(detector.Threshold(0.1), read.Threshold(0.1), 1e-4);
        Assert.Null(Read(content, Dimension + 1));
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] mutated = [.. content];
            mutated[random.Next(i % 2 == 0 ? 400 : mutated.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                NoveltyDetector? other = Read(mutated, Dimension);
                refused += other is null ? 1 : 0;
                Assert.False(double.IsNaN(other?.Threshold(0.05) ?? 0));
                _ = other?.Score(features, head.Logits(features));
            }
            catch (InvalidModelFileException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 300, 1990);
    }

    [Fact]
    public void A_trained_model_tells_strangers_and_says_how_many_of_its_own_it_takes_for_such()
    {
        using var folder = new TemporaryFolder();
        using (TrainedImageClassifier trained = ClassifierFixture.Train(folder, count: 20))
        {
            Assert.True(trained.TellsUnknown);
            Assert.Equal((60, 48), (trained.Description.Calibration!.Images, trained.Description.Calibration.HeldOutTrainingImages));
            trained.Save(folder.File("model.zip"));
        }

        using var strangers = new TemporaryFolder();
        string[] gold = strangers.AddClass("gold", 10, colour: 3);
        using ImageClassifier classifier = ImageClassifier.Load(folder.File("model.zip"), new ImageClassifierOptions { FalseRejectRate = 0.1, Threads = 1 });
        using ImageClassifier trusting = ImageClassifier.Load(folder.File("model.zip"), new ImageClassifierOptions { FalseRejectRate = 0, Threads = 1 });
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;

        Assert.True(classifier.TellsUnknown);
        EvaluationResult own = classifier.Evaluate(ImageFolder.Open(folder.Path, cancellationToken), cancellationToken: cancellationToken);
        Assert.InRange(own.Unknown!.Value, 0, 12);
        double typical = ImageFolder.Open(folder.Path, cancellationToken).Images.Average(image => classifier.Classify(image.Path).Novelty!.Value);
        Assert.True(gold.Average(path => classifier.Classify(path).Novelty) > typical + 0.2, "gold is none of red, green and blue");
        ImagePrediction prediction = trusting.Classify(gold[0]);
        Assert.Null(prediction.Novelty);
        Assert.False(prediction.IsUnknown);
        Assert.Null(trusting.Evaluate(ImageFolder.Open(folder.Path, cancellationToken), cancellationToken: cancellationToken).Unknown);
    }

    [Fact]
    public void A_quantised_model_tells_strangers_as_before()
    {
        using var folder = new TemporaryFolder();
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        ClassifierFixture.Draw(folder, count: 20);
        var images = ImageFolder.Open(folder.Path, cancellationToken);
        using (TrainedImageClassifier trained = ImageClassifierTrainer.Train(images, ClassifierFixture.Options with { Precision = OnnxPrecision.Float32 }, cancellationToken: cancellationToken))
        {
            trained.Save(folder.File("model.zip"));
        }

        ClassifierQuantizer.Quantize(folder.File("model.zip"), folder.File("int8.zip"), [.. images.Images.Select(image => image.Path)], cancellationToken: cancellationToken);
        using ImageClassifier before = ImageClassifier.Load(folder.File("model.zip"), threads: 1);
        using ImageClassifier after = ImageClassifier.Load(folder.File("int8.zip"), threads: 1);

        Assert.True(after.TellsUnknown);
        Assert.All(images.Images, image => Assert.Equal(before.Classify(image.Path).Novelty!.Value, after.Classify(image.Path).Novelty!.Value, 0.2));
    }

    [Fact]
    public void A_model_of_few_images_says_that_it_cannot_tell()
    {
        using var folder = new TemporaryFolder();
        using TrainedImageClassifier trained = ClassifierFixture.Train(folder, count: 5);
        trained.Save(folder.File("model.zip"));
        using ImageClassifier classifier = ImageClassifier.Load(folder.File("model.zip"), threads: 1);

        Assert.False(trained.TellsUnknown);
        Assert.False(classifier.TellsUnknown);
        Assert.Null(classifier.Classify(folder.File("red/000.png")).Novelty);
    }

    /// <summary>Two classes in a subspace of four dimensions, a detector fitted on some of them, scored on others.</summary>
    private static (NoveltyDetector Detector, LinearHead Head, Func<float[]> Known) Fit(Random random)
    {
        float[][] axes = [.. Enumerable.Range(0, 4).Select(_ => Vector(random, Dimension, 1))];
        float[] Known() => Mix(axes, random, noise: 0.3);
        LinearHead head = new LinearHead([.. axes[0], .. axes[1]], [400, 400]).AtTemperature(200);
        NoveltyDetector detector = NoveltyDetector.Fit([.. Enumerable.Range(0, 500).Select(_ => Known())], head, seed: 1);
        return (detector.WithScores(Enumerable.Range(0, 2000).Select(_ => Known()).Select(features => detector.Score(features, head.Logits(features)))), head, Known);
    }

    private static float[] Mix(float[][] axes, Random random, double noise)
    {
        float[] vector = Vector(random, axes[0].Length, noise);
        foreach (float[] axis in axes)
        {
            TensorPrimitives.MultiplyAdd(axis, (float)RandomModels.Gaussian(random), vector, vector);
        }

        return vector;
    }

    private static float[] Vector(Random random, int length, double deviation) => [.. Enumerable.Range(0, length).Select(_ => (float)(deviation * RandomModels.Gaussian(random)))];

    private static byte[] Write(NoveltyDetector detector)
    {
        using var stream = new MemoryStream();
        NoveltyFile.Write(stream, detector);
        return stream.ToArray();
    }

    private static NoveltyDetector? Read(byte[] content, int dimension)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(content);
        return NoveltyFile.Read(file, dimension);
    }
}
