using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Classification;
using VggTransfer.Cli;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.Benchmarks;

/// <summary>
/// Trains on the folders of <see cref="FoldersCommand"/> and judges on their test images, beside raw pixels; in several
/// arithmetics, if asked to, by the same rules.
/// </summary>
internal static class AccuracyCommand
{
    private const string Auto = "auto";
    private static readonly Dictionary<string, OnnxPrecision?> s_precisions = new() { [Auto] = null, ["int8"] = OnnxPrecision.Int8, ["fp32"] = OnnxPrecision.Float32 };

    public static Command Create()
    {
        var folders = new Argument<DirectoryInfo>("FOLDERS") { Description = "What 'folders' made." };
        var inputSize = new Option<string>("--input-size") { Description = "auto, or pixels.", DefaultValueFactory = _ => Auto };
        var precision = new Option<string[]>("--precision") { Description = "auto, int8, fp32; each one asked for gives a row, and the second and later ones are compared with the first.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [Auto] };
        var cache = new Option<DirectoryInfo?>("--cache") { Description = "Keeps features in this folder: a larger set pays for its new images alone, and times mean little." };
        precision.AcceptOnlyFromAmong([.. s_precisions.Keys]);
        var command = new Command("accuracy", "Prints a table of accuracies: raw pixels, frozen features.") { folders, inputSize, precision, cache };
        command.SetAction((result, cancellationToken) =>
        {
            Console.WriteLine("| set | images a class | raw pixels | precision | frozen VGG16 | macro | log-loss | layer | input | L2 | time |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
            string size = result.GetRequiredValue(inputSize);
            var options = new ImageClassifierTrainerOptions
            {
                InputSize = size == Auto ? null : int.Parse(size, CultureInfo.InvariantCulture),
                FeatureCache = result.GetValue(cache) is { } folder ? new FeatureCacheOptions { CacheFolder = folder.FullName } : null,
            };
            foreach (DirectoryInfo set in result.GetRequiredValue(folders).EnumerateDirectories().OrderBy(set => set.Name, StringComparer.Ordinal))
            {
                ImageFolder test = ImageFolder.Open(Path.Combine(set.FullName, "test"), cancellationToken);
                foreach (DirectoryInfo training in set.EnumerateDirectories("train-*").OrderBy(folder => int.Parse(folder.Name["train-".Length..], CultureInfo.InvariantCulture)))
                {
                    Measure(set.Name, training, options with { Validation = test }, [.. result.GetValue(precision)!.Distinct()], cancellationToken);
                }
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static void Measure(string set, DirectoryInfo training, ImageClassifierTrainerOptions options, string[] precisions, CancellationToken cancellationToken)
    {
        ImageFolder folder = ImageFolder.Open(training.FullName, cancellationToken);
        string[] labels = [.. folder.Classes];
        (string, int)[] Indexed(ImageFolder images) => [.. images.Images.Select(image => (image.Path, Array.IndexOf(labels, image.Label)))];
        double raw = RawPixelBaseline.Accuracy(labels.Length, Indexed(folder), Indexed(options.Validation!), ImageOrientation.Upright, Environment.ProcessorCount, cancellationToken);
        var judged = new List<IReadOnlyList<LabeledPrediction>>();
        foreach (string name in precisions)
        {
            var clock = Stopwatch.StartNew();
            using TrainedImageClassifier trained = ImageClassifierTrainer.Train(folder, options with { Precision = s_precisions[name] }, cancellationToken: cancellationToken);
            TimeSpan elapsed = clock.Elapsed;
            ClassificationMetrics metrics = trained.Validation;
            ClassifierDescription description = trained.Description;
            string chosen = description.Precision.Precision == OnnxPrecision.Int8 ? "int8" : "fp32";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {set} | {training.Name["train-".Length..]} | {raw:F3} | {(name == Auto ? $"{Auto}: {chosen}" : chosen)} | {metrics.Accuracy:F3} | {metrics.MacroAccuracy:F3} | {metrics.LogLoss:F3} | {description.Layer} | {description.InputSize} | {description.L2Regularization} | {elapsed.TotalSeconds:F0} s |"));
            if (description.Precision.Similarity is { } similarity)
            {
                Note(Describe(similarity));
            }

            judged.Add(trained.ValidationPredictions);
            if (judged.Count > 1)
            {
                Note(PairedDifference.Of(judged[0], judged[^1]).Describe(name, precisions[0]));
            }
        }

        void Note(FormattableString sentence) => Console.Error.WriteLine($"{set}, {training.Name}: {sentence.ToString(CultureInfo.InvariantCulture)}");
    }

    private static FormattableString Describe(FeatureSimilarity similarity) =>
        $"cosine of int8 features to fp32 {similarity.MeanCosine:F5} on average, {similarity.LeastCosine:F5} at least, on {similarity.Images} training images";
}
