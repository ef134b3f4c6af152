using System.CommandLine;
using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Benchmarks.Serving;

/// <summary>
/// <c>novelty SET</c>: leaves classes out of the training and counts how many of their test images, and of any other folder's, are
/// taken for one of the classes (false accepts) where 5 % of the classes' own test images are refused (false rejects); beside the
/// largest probability. Also the calibration error on the test images, with and without the temperature.
/// </summary>
internal static class NoveltyCommand
{
    private const int LeftOut = 3;

    public static Command Create()
    {
        var set = new Argument<DirectoryInfo>("SET") { Description = "A set of 'folders': train-N and test." };
        var training = new Option<int>("--training") { Description = "Training images a class.", DefaultValueFactory = _ => 200 };
        var inputSize = new Option<int>("--input-size") { Description = "Pixels.", DefaultValueFactory = _ => 128 };
        var rounds = new Option<int>("--rounds") { Description = "Draws of the classes that are left out.", DefaultValueFactory = _ => 5 };
        var others = new Option<DirectoryInfo[]>("--others") { Description = "Folders of pictures that are of another kind.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var command = new Command("novelty", "False accepts of pictures that are none of the classes, and calibration errors.") { set, training, inputSize, rounds, others };
        command.SetAction((result, cancellationToken) =>
        {
            string root = result.GetRequiredValue(set).FullName;
            using var model = PretrainedBackbones.Open();
            using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions
            {
                Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg+block5_pool:max"),
                InputSize = result.GetValue(inputSize),
            });
            Measure(
                Labeled.Extract(extractor, Path.Combine(root, $"train-{result.GetValue(training)}"), cancellationToken),
                Labeled.Extract(extractor, Path.Combine(root, "test"), cancellationToken),
                [.. result.GetValue(others)!.Select(folder => (folder.Name, (IReadOnlyList<float[]>)[.. extractor.ExtractAll(ImageFolder.ListImages(folder.FullName), cancellationToken)
                    .Where(image => image.Values is not null).Select(image => image.Values!)]))],
                result.GetValue(rounds));
            return Task.CompletedTask;
        });
        return command;
    }

    private static void Measure(Labeled training, Labeled test, IReadOnlyList<(string Name, IReadOnlyList<float[]> Features)> others, int rounds)
    {
        string[] kinds = ["classes left out", .. others.Select(other => other.Name)];
        Console.WriteLine($"| left out | ECE before | after | log-loss before | after | T | false rejects at the stored limit (5 %) | {string.Join(" | ", kinds.SelectMany(kind => new[] { $"{kind}: ViM", "at the stored limit", "largest probability" }))} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", 7 + (3 * kinds.Length)))}");
        var rows = new List<double[]>();
        for (int round = 0; round < rounds; round++)
        {
            string[] classes = [.. training.Classes];
            new Random(round).Shuffle(classes);
            string[] labels = [.. classes[LeftOut..].Order(StringComparer.Ordinal)];
            double[] row = Row(labels, training, test, others);
            rows.Add(row);
            Print(string.Join(", ", classes[..LeftOut]), row);
        }

        Print("mean", [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Average(row => row[i]))]);
    }

    private static double[] Row(string[] labels, Labeled training, Labeled test, IReadOnlyList<(string Name, IReadOnlyList<float[]> Features)> others)
    {
        // A fifth is for validation, as in 'train'; the test images decide nothing but the figures.
        (LabeledFeatures learn, LabeledFeatures validation) = training.Split(labels);
        LabeledFeatures known = test.Of(labels);
        var recipe = new HeadRecipe(FeatureLayer.Parse("block5_pool:avg"), FeatureScaling.Standardized, HeadSelection.DefaultL2);
        LinearHead fitted = recipe.Fit(learn, labels.Length, threads: null, CancellationToken.None);
        CalibratedHead calibrated = new HeadCalibration(labels, 1, Environment.ProcessorCount, CancellationToken.None).Calibrate(fitted, recipe, learn, validation);
        ClassificationMetrics Judge(LinearHead head) => ClassificationMetrics.Compute(labels, known.Classes, [.. known.Features.Select(features => head.Probabilities(features))]);
        ClassificationMetrics before = Judge(fitted), after = Judge(calibrated.Head);
        NoveltyDetector novelty = calibrated.Novelty!;
        double Score(float[] features) => novelty.Score(features, calibrated.Head.Logits(features));
        double Doubt(float[] features) => -calibrated.Head.Probabilities(features).Max();
        double limit = novelty.Threshold(0.05);
        double own = Quantile([.. known.Features.Select(Score)]), ownDoubt = Quantile([.. known.Features.Select(Doubt)]);
        IReadOnlyList<float[]> leftOut = [.. test.Images.Where(image => !labels.Contains(image.Label)).Select(image => image.Features)];
        return
        [
            before.CalibrationError, after.CalibrationError, before.LogLoss, after.LogLoss, calibrated.Summary.Temperature,
            Share(known.Features, features => Score(features) > limit),
            .. others.Select(other => other.Features).Prepend(leftOut).SelectMany(strangers => new[]
            {
                Share(strangers, features => Score(features) <= own), Share(strangers, features => Score(features) <= limit), Share(strangers, features => Doubt(features) <= ownDoubt),
            }),
        ];
    }

    private static double Quantile(double[] values) => values.Order().ElementAt((int)(0.95 * values.Length));

    private static double Share(IReadOnlyList<float[]> images, Func<float[], bool> predicate) => (double)images.Count(predicate) / images.Count;

    private static void Print(string name, double[] row) => Console.WriteLine($"| {name} | {string.Join(" | ", row.Select(value => value.ToString("F3", CultureInfo.InvariantCulture)))} |");

    /// <summary>Features of a folder's images, with their labels.</summary>
    private sealed record Labeled(IReadOnlyList<(string Label, float[] Features)> Images)
    {
        public IEnumerable<string> Classes => Images.Select(image => image.Label).Distinct().Order(StringComparer.Ordinal);

        public static Labeled Extract(FeatureExtractor extractor, string path, CancellationToken cancellationToken)
        {
            ImageFolder folder = ImageFolder.Open(path, cancellationToken);
            return new Labeled([.. extractor.ExtractAll(folder.Images.Select(image => image.Path), cancellationToken).Zip(folder.Images)
                .Where(pair => pair.First.Values is not null).Select(pair => (pair.Second.Label, pair.First.Values!))]);
        }

        public LabeledFeatures Of(string[] labels)
        {
            (string Label, float[] Features)[] images = [.. Images.Where(image => labels.Contains(image.Label))];
            return new LabeledFeatures([.. images.Select(image => image.Features)], [.. images.Select(image => Array.IndexOf(labels, image.Label))]);
        }

        public (LabeledFeatures Training, LabeledFeatures Validation) Split(string[] labels)
        {
            LabeledFeatures all = Of(labels);
            int[] order = [.. Enumerable.Range(0, all.Count)];
            new Random(1).Shuffle(order);
            return (all.Select(order[(order.Length / 5)..]), all.Select(order[..(order.Length / 5)]));
        }
    }
}
