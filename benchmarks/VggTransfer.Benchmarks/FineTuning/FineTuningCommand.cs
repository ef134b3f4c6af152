using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;

namespace VggTransfer.Benchmarks.FineTuning;

/// <summary>
/// <c>finetuning</c>: fine-tunes on the folders of <see cref="FoldersCommand"/>, from the head alone to the whole network, and
/// judges on their test images. The last epoch counts, so that the test images choose nothing.
/// </summary>
internal static class FineTuningCommand
{
    private static readonly (string Name, string FreezeUntil)[] s_depths =
    [
        ("block 5", "block5_conv1"),
        ("blocks 4 and 5", "block4_conv1"),
        ("everything", "none"),
    ];

    public static Command Create()
    {
        var folders = new Argument<DirectoryInfo>("FOLDERS") { Description = "What 'folders' made." };
        var sets = new Option<string[]>("--sets") { Description = "Which of them.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["cifar10", "fashion-mnist"] };
        var training = new Option<int>("--training") { Description = "Training images a class.", DefaultValueFactory = _ => 200 };
        var depths = new Option<string[]>("--until") { Description = "block5_conv1, block4_conv1, none.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. s_depths.Select(depth => depth.FreezeUntil)] };
        var epochs = new Option<int>("--epochs") { Description = "Epochs.", DefaultValueFactory = _ => 12 };
        var inputSize = new Option<int>("--input-size") { Description = "Pixels.", DefaultValueFactory = _ => 128 };
        var holdOut = new Option<double?>("--hold-out") { Description = "Judge on that share of the training images instead of the test images: for choosing among recipes." };
        var recipe = new RecipeOptions();
        var command = new Command("finetuning", "Prints a table of accuracies and times: frozen features, fine-tuned blocks.") { folders, sets, training, depths, epochs, inputSize, holdOut };
        recipe.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            Console.WriteLine("| set | trained | input | epochs | head on | frozen features + head | fine-tuned | with mirror | time |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
            foreach (string set in result.GetRequiredValue(sets))
            {
                string folder = Path.Combine(result.GetRequiredValue(folders).FullName, set);
                foreach ((string name, string until) in s_depths.Where(depth => result.GetRequiredValue(depths).Contains(depth.FreezeUntil)))
                {
                    FineTuningOptions options = recipe.Read(result) with
                    {
                        FreezeUntil = until,
                        Epochs = result.GetValue(epochs),
                        InputSize = result.GetValue(inputSize),
                        KeepBestEpoch = false,
                    };
                    (FineTunedImageClassifier tuned, double seconds) = Run(folder, result.GetValue(training), options, cancellationToken, result.GetValue(holdOut));
                    using (tuned)
                    {
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                            $"| {set} | {name} | {options.InputSize} | {options.Epochs} | {tuned.Description.Layer} | {tuned.Frozen?.Accuracy:F3} | {tuned.Validation.Accuracy:F3} | {tuned.ValidationMirrored.Accuracy:F3} | {seconds:F0} s, {tuned.Device} |"));
                    }
                }
            }

            return Task.CompletedTask;
        });
        return command;
    }

    /// <summary>Trains on one of the folders.</summary>
    /// <param name="set">The folder of a set.</param>
    /// <param name="training">Training images a class.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <param name="holdOut">The share of the training images to judge on; null for the test images.</param>
    public static (FineTunedImageClassifier Tuned, double Seconds) Run(
        string set, int training, FineTuningOptions options, CancellationToken cancellationToken, double? holdOut = null)
    {
        ImageFolder folder = ImageFolder.Open(Path.Combine(set, string.Create(CultureInfo.InvariantCulture, $"train-{training}")), cancellationToken);
        options = holdOut is { } share
            ? options with { ValidationFraction = share }
            : options with { Validation = ImageFolder.Open(Path.Combine(set, "test"), cancellationToken) };
        var clock = Stopwatch.StartNew();
        FineTunedImageClassifier tuned = ImageClassifierFineTuner.Train(folder, options, new EpochLog(), cancellationToken);
        return (tuned, clock.Elapsed.TotalSeconds);
    }

    /// <summary>A line for each epoch.</summary>
    private sealed class EpochLog : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value)
        {
            if (value.Epoch is { } figures)
            {
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"epoch {value.EpochNumber}: loss {figures["loss"]:F4}, accuracy {figures["accuracy"]:F4}, val_loss {figures["val_loss"]:F4}, val_accuracy {figures["val_accuracy"]:F4}"));
            }
        }
    }
}
