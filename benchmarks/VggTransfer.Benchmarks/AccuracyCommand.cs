using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Benchmarks;

/// <summary>Trains on the folders of <see cref="FoldersCommand"/> and judges on their test images, beside raw pixels.</summary>
internal static class AccuracyCommand
{
    public static Command Create()
    {
        var folders = new Argument<DirectoryInfo>("FOLDERS") { Description = "What 'folders' made." };
        var inputSize = new Option<string>("--input-size") { Description = "auto, or pixels.", DefaultValueFactory = _ => "auto" };
        var command = new Command("accuracy", "Prints a table of accuracies: raw pixels, frozen features.") { folders, inputSize };
        command.SetAction((result, cancellationToken) =>
        {
            Console.WriteLine("| set | images a class | raw pixels | frozen VGG16 | macro | log-loss | layer | input | L2 | time |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
            string size = result.GetRequiredValue(inputSize);
            foreach (DirectoryInfo set in result.GetRequiredValue(folders).EnumerateDirectories().OrderBy(set => set.Name, StringComparer.Ordinal))
            {
                ImageFolder test = ImageFolder.Open(Path.Combine(set.FullName, "test"), cancellationToken);
                foreach (DirectoryInfo training in set.EnumerateDirectories("train-*").OrderBy(folder => int.Parse(folder.Name["train-".Length..], CultureInfo.InvariantCulture)))
                {
                    Measure(set.Name, training, test, size == "auto" ? null : int.Parse(size, CultureInfo.InvariantCulture), cancellationToken);
                }
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static void Measure(string set, DirectoryInfo training, ImageFolder test, int? inputSize, CancellationToken cancellationToken)
    {
        ImageFolder folder = ImageFolder.Open(training.FullName, cancellationToken);
        var clock = Stopwatch.StartNew();
        using TrainedImageClassifier trained = ImageClassifierTrainer.Train(folder, new ImageClassifierTrainerOptions { Validation = test, InputSize = inputSize }, cancellationToken: cancellationToken);
        TimeSpan elapsed = clock.Elapsed;
        ClassificationMetrics metrics = trained.Validation;
        ClassifierDescription description = trained.Description;
        double raw = RawPixels(folder, test, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {set} | {training.Name["train-".Length..]} | {raw:F3} | {metrics.Accuracy:F3} | {metrics.MacroAccuracy:F3} | {metrics.LogLoss:F3} | {description.Layer} | {description.InputSize} | {description.L2Regularization} | {elapsed.TotalSeconds:F0} s |"));
    }

    /// <summary>The same head, its regularisation chosen in the same way, on 32 x 32 RGB values.</summary>
    private static double RawPixels(ImageFolder training, ImageFolder test, CancellationToken cancellationToken)
    {
        const int Side = 32;
        float[] Read(LabeledImage image)
        {
            byte[] pixels = new byte[Side * Side * 3];
            ImagePreparation.Prepare(image.Path, ResizeRecipe.Stretch(ResizeFilter.Bilinear), Side, pixels);
            return [.. pixels.Select(pixel => pixel / 255f)];
        }

        string[] labels = [.. training.Classes];
        float[][] trainingPixels = [.. training.Images.Select(Read)];
        int[] classes = [.. training.Images.Select(image => Array.IndexOf(labels, image.Label))];
        IReadOnlyList<LayerTrial> trials = new LayerSelection(labels, seed: 1, Environment.ProcessorCount)
            .Run([(FeatureLayer.Fc7, i => trainingPixels[i])], classes, l2Regularization: null, progress: null, cancellationToken);
        LinearHead head = new HeadTrainer(new MLContext(1), labels).Fit(trainingPixels, classes, trials[0].L2Regularization, cancellationToken: cancellationToken).Weights;
        return ClassificationMetrics.Compute(
            labels, [.. test.Images.Select(image => Array.IndexOf(labels, image.Label))], [.. test.Images.Select(image => head.Probabilities(Read(image)))]).Accuracy;
    }
}
