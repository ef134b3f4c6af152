using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SkiaSharp;
using VggTransfer.Architectures;
using VggTransfer.Benchmarks.Peers;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;
using VggTransfer.Images;
using VggTransfer.PretrainedModels;
using VggTransfer.Training;

namespace VggTransfer.Benchmarks.FineTuning;

/// <summary>
/// <c>finetuning-peer</c>: the same recipe (block 5, mirror, AdamW, one cycle) by VggTransfer and by PyTorch, one after the other, on the
/// same pixels and weights, from the same first head, on the same pictures and mirrors in the same order. Only dropout's masks differ.
/// The pictures are made squares of the input's size before, as ML.NET resizes them, because Pillow enlarges them in another way.
/// </summary>
internal static class FineTuningPeerCommand
{
    public static Command Create()
    {
        var set = new Argument<DirectoryInfo>("SET") { Description = "One of the folders that 'folders' made." };
        var training = new Option<int>("--training") { Description = "Training images a class.", DefaultValueFactory = _ => 50 };
        var epochs = new Option<int>("--epochs") { Description = "Epochs.", DefaultValueFactory = _ => 6 };
        var inputSize = new Option<int>("--input-size") { Description = "Pixels.", DefaultValueFactory = _ => 128 };
        var batchSize = new Option<int>("--batch-size") { Description = "Images in a step; with all of them in one, an epoch is a step.", DefaultValueFactory = _ => new FineTuningOptions().BatchSize };
        var dropout = new Option<double>("--dropout") { Description = "In the head; with 0 both do the very same.", DefaultValueFactory = _ => new FineTuningOptions().Dropout };
        var threads = new Option<int>("--threads") { Description = "Of both.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("finetuning-peer", "Compares fine-tuning of block 5 with PyTorch.") { set, training, epochs, inputSize, batchSize, dropout, threads };
        command.SetAction((result, cancellationToken) =>
        {
            string folder = result.GetRequiredValue(set).FullName;
            int images = result.GetValue(training);
            var options = new FineTuningOptions
            {
                Layer = FeatureLayer.Parse("block5_pool:avg"),
                Epochs = result.GetValue(epochs),
                InputSize = result.GetValue(inputSize),
                BatchSize = result.GetValue(batchSize),
                Dropout = result.GetValue(dropout),
                Threads = result.GetValue(threads),
                KeepBestEpoch = false,
            };
            DirectoryInfo squares = Directory.CreateTempSubdirectory("finetuning-peer-");
            try
            {
                WriteSquares(folder, squares.FullName, $"train-{images}", options.InputSize!.Value);
                WriteSquares(folder, squares.FullName, "test", options.InputSize!.Value);
                Compare(squares.FullName, images, options, cancellationToken);
            }
            finally
            {
                squares.Delete(recursive: true);
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static void WriteSquares(string set, string squares, string part, int size)
    {
        byte[] pixels = new byte[size * size * 3];
        foreach (LabeledImage image in ImageFolder.Open(Path.Combine(set, part)).Images)
        {
            ImagePreparation.Prepare(image.Path, ResizeRecipe.MlNetCrop, size, pixels);
            using var bitmap = new SKBitmap(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque);
            bitmap.Pixels = [.. pixels.Chunk(3).Select(rgb => new SKColor(rgb[0], rgb[1], rgb[2]))];
            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            string folder = Directory.CreateDirectory(Path.Combine(squares, part, image.Label)).FullName;
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileNameWithoutExtension(image.Path) + ".png"), png.ToArray());
        }
    }

    private static void Compare(string folder, int images, FineTuningOptions options, CancellationToken cancellationToken)
    {
        Console.WriteLine("| by | frozen features + head | fine-tuned | with mirror | time in all | processor time |");
        Console.WriteLine("|---|---|---|---|---|---|");
        List<(string By, double[] Losses, double[] TestLosses)> curves = [];
        string recipe = Path.Combine(folder, "recipe.json");
        foreach (Precision precision in (Precision[])[Precision.Float32, Precision.BFloat16])
        {
            string workspace = Path.Combine(folder, $"workspace-{precision}");
            TimeSpan before = Environment.CpuUsage.TotalTime;
            (FineTunedImageClassifier tuned, double seconds) = FineTuningCommand.Run(folder, images, options with { Precision = precision, WorkspacePath = workspace }, cancellationToken);
            using (tuned)
            {
                Print($"VggTransfer, {tuned.Device}", tuned.Frozen!.Accuracy, tuned.Validation.Accuracy, tuned.ValidationMirrored.Accuracy, seconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
                curves.Add(($"VggTransfer, {tuned.Device}", [.. tuned.Epochs.Select(epoch => epoch["loss"])], [.. tuned.Epochs.Select(epoch => epoch["val_loss"])]));
            }

            if (precision == Precision.Float32)
            {
                WriteRecipe(recipe, workspace, options, 10 * images);
            }
        }

        if (DebianPython.Has("torch", "PIL"))
        {
            curves.Add(RunPython(folder, images, options, recipe));
        }
        else
        {
            Console.WriteLine("| PyTorch | not here | | | | |");
        }

        PrintLosses(curves);
    }

    /// <summary>Head, order and mirrors, for the peer.</summary>
    private static void WriteRecipe(string path, string workspace, FineTuningOptions options, int count)
    {
        using var opened = FineTuningWorkspace.Open(workspace);
        FirstHead first = opened.ReadHead()!;
        LinearHead head = first.Standardization.Unfold(first.Head);
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            first.Standardization.Means,
            first.Standardization.Scales,
            Weights = head.Weights.Chunk(head.Dimension),
            head.Biases,
            options.Dropout,
            options.LearningRate,
            options.BackboneLearningRate,
            options.WeightDecay,
            options.LabelSmoothing,
            options.BatchSize,
            Passes = Enumerable.Range(0, options.Epochs).Select(pass => StageData.Order(pass, StageTraining.Seed(options.Seed, 1), count, mirrors: true)),
        }));
    }

    private static (string By, double[] Losses, double[] TestLosses) RunPython(string set, int images, FineTuningOptions options, string recipe)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "FineTuning", "fine_tune.py"),
            Path.Combine(set, string.Create(CultureInfo.InvariantCulture, $"train-{images}")), Path.Combine(set, "test"), PretrainedBackbones.Path(), recipe,
            "--size", options.InputSize!.Value.ToString(CultureInfo.InvariantCulture), "--threads", options.Threads!.Value.ToString(CultureInfo.InvariantCulture),
        ];
        using Process process = Process.Start(new ProcessStartInfo(DebianPython.Program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("PyTorch ended with an error, which is above.");
        }

        JsonElement measured = JsonDocument.Parse(output).RootElement;
        string by = $"PyTorch {measured.GetProperty("version").GetString()}, float32";
        Print(by, Figure("frozen"), Figure("accuracy"), Figure("mirrored"), Figure("seconds"), Figure("processor_seconds"));
        return (by, Figures("losses"), Figures("test_losses"));

        double Figure(string name) => measured.GetProperty(name).GetDouble();
        double[] Figures(string name) => [.. measured.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
    }

    private static void PrintLosses(List<(string By, double[] Losses, double[] TestLosses)> curves)
    {
        Console.WriteLine();
        Console.WriteLine($"| epoch | {string.Join(" | ", curves.Select(curve => $"loss, {curve.By} | on test images"))} |");
        Console.WriteLine($"|---|{string.Concat(curves.Select(_ => "---|---|"))}");
        for (int epoch = 0; epoch < curves[0].Losses.Length; epoch++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {epoch + 1} | {string.Join(" | ", curves.Select(curve => string.Create(CultureInfo.InvariantCulture, $"{curve.Losses[epoch]:F5} | {curve.TestLosses[epoch]:F5}")))} |"));
        }
    }

    private static void Print(string by, double frozen, double tuned, double mirrored, double seconds, double processorSeconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {by} | {frozen:F3} | {tuned:F3} | {mirrored:F3} | {seconds:F0} s | {processorSeconds:F0} s |"));
}
