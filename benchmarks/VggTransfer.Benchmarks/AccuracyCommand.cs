using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Classification;
using VggTransfer.Datasets;
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
        string[] labels = [.. folder.Classes];
        (string, int)[] Indexed(ImageFolder images) => [.. images.Images.Select(image => (image.Path, Array.IndexOf(labels, image.Label)))];
        double raw = RawPixelBaseline.Accuracy(labels, Indexed(folder), Indexed(test), ImageOrientation.Upright, Environment.ProcessorCount, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {set} | {training.Name["train-".Length..]} | {raw:F3} | {metrics.Accuracy:F3} | {metrics.MacroAccuracy:F3} | {metrics.LogLoss:F3} | {description.Layer} | {description.InputSize} | {description.L2Regularization} | {elapsed.TotalSeconds:F0} s |"));
    }
}
