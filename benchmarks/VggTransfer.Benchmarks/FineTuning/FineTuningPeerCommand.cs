using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SkiaSharp;
using VggTransfer.Benchmarks.Peers;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Engine;
using VggTransfer.Keras.FineTuning;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Benchmarks.FineTuning;

/// <summary>
/// <c>finetuning-peer</c>: the same recipe (block 5, mirror, AdamW, one cycle) by VggTransfer and by Debian's PyTorch, one after
/// the other, on the same pixels and weights: the pictures are made squares of the input's size before, as ML.NET resizes them,
/// because Pillow enlarges them in another way.
/// </summary>
internal static class FineTuningPeerCommand
{
    public static Command Create()
    {
        var set = new Argument<DirectoryInfo>("SET") { Description = "One of the folders that 'folders' made." };
        var training = new Option<int>("--training") { Description = "Training images a class.", DefaultValueFactory = _ => 50 };
        var epochs = new Option<int>("--epochs") { Description = "Epochs.", DefaultValueFactory = _ => 6 };
        var inputSize = new Option<int>("--input-size") { Description = "Pixels.", DefaultValueFactory = _ => 128 };
        var command = new Command("finetuning-peer", "Compares fine-tuning of block 5 with PyTorch.") { set, training, epochs, inputSize };
        command.SetAction((result, cancellationToken) =>
        {
            string folder = result.GetRequiredValue(set).FullName;
            int images = result.GetValue(training), size = result.GetValue(inputSize), last = result.GetValue(epochs);
            DirectoryInfo squares = Directory.CreateTempSubdirectory("finetuning-peer-");
            try
            {
                WriteSquares(folder, squares.FullName, $"train-{images}", size);
                WriteSquares(folder, squares.FullName, "test", size);
                Compare(squares.FullName, images, last, size, cancellationToken);
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

    private static void Compare(string folder, int images, int last, int size, CancellationToken cancellationToken)
    {
        Console.WriteLine("| by | frozen features + head | fine-tuned | with mirror | time in all |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (Precision precision in (Precision[])[Precision.Float32, Precision.BFloat16])
        {
            var options = new FineTuningOptions { Layer = FeatureLayer.Parse("block5_pool:avg"), Epochs = last, InputSize = size, Precision = precision, KeepBestEpoch = false };
            (FineTunedImageClassifier tuned, double seconds) = FineTuningCommand.Run(folder, images, options, cancellationToken);
            using (tuned)
            {
                Print($"VggTransfer, {tuned.Device}", tuned.Frozen!.Accuracy, tuned.Validation.Accuracy, tuned.ValidationMirrored.Accuracy, seconds);
            }
        }

        if (File.Exists(DebianPython.Program))
        {
            RunPython(folder, images, last, size);
        }
    }

    private static void RunPython(string set, int images, int epochs, int size)
    {
        string weights = PretrainedBackbones.Path();
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "FineTuning", "fine_tune.py"),
            Path.Combine(set, string.Create(CultureInfo.InvariantCulture, $"train-{images}")), Path.Combine(set, "test"), weights,
            "--epochs", epochs.ToString(CultureInfo.InvariantCulture), "--size", size.ToString(CultureInfo.InvariantCulture),
        ];
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(DebianPython.Program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            Console.WriteLine("| PyTorch | not here, or without scikit-learn | | | |");
            return;
        }

        JsonElement measured = JsonDocument.Parse(output).RootElement;
        Print("PyTorch, float32", Figure("frozen"), Figure("accuracy"), Figure("mirrored"), clock.Elapsed.TotalSeconds);

        double Figure(string name) => measured.GetProperty(name).GetDouble();
    }

    private static void Print(string by, double frozen, double tuned, double mirrored, double seconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {by} | {frozen:F3} | {tuned:F3} | {mirrored:F3} | {seconds:F0} s |"));
}
