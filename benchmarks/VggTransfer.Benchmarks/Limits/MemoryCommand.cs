using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Benchmarks.Limits;

/// <summary><c>memory</c>: how much of it the process has while thousands of files become features; no cache takes part.</summary>
internal static class MemoryCommand
{
    private static readonly Dictionary<string, OnnxPrecision> s_precisions = new() { ["int8"] = OnnxPrecision.Int8, ["fp32"] = OnnxPrecision.Float32 };

    public static Command Create()
    {
        var photos = new Argument<DirectoryInfo>("PHOTOS") { Description = "A folder of photos; they are read again and again, each time as a file of its own." };
        var images = new Option<int>("--images") { Description = "Files in all.", DefaultValueFactory = _ => 10_000 };
        var inputSize = new Option<int>("--input-size") { Description = "Side of the input in pixels.", DefaultValueFactory = _ => 96 };
        var precision = new Option<string>("--precision") { Description = "int8 or fp32.", DefaultValueFactory = _ => "int8" };
        precision.AcceptOnlyFromAmong([.. s_precisions.Keys]);
        var command = new Command("memory", "Prints the memory of the process after every tenth part of many files, with the backbone that comes with the library.") { photos, images, inputSize, precision };
        command.SetAction((result, cancellationToken) =>
        {
            IReadOnlyList<string> files = ImageFolder.ListImages(result.GetRequiredValue(photos).FullName, cancellationToken);
            int count = result.GetValue(images);
            using VggModel model = PretrainedBackbones.Open();
            using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions
            {
                Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg"),
                InputSize = result.GetValue(inputSize),
                Precision = s_precisions[result.GetValue(precision)!],
                Decoding = new ImageDecodeOptions { Scale = DecodeScale.Fast },
                Parallelism = FeatureParallelism.Images,
            });
            long start = Stopwatch.GetTimestamp();
            Console.WriteLine("| files | memory in use, MB | managed, MB | images/s |");
            Console.WriteLine("|---|---|---|---|");
            foreach ((int i, ImageFeatures features) in extractor.ExtractAll(Enumerable.Range(0, count).Select(i => files[i % files.Count]), cancellationToken).Index())
            {
                if (features.Error is { } error)
                {
                    throw error;
                }

                int done = i + 1;
                if (done * 10L % count < 10 || done == 100)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"| {done} | {Environment.WorkingSet / 1e6:F0} | {GC.GetTotalMemory(forceFullCollection: false) / 1e6:F1} | {done / Stopwatch.GetElapsedTime(start).TotalSeconds:F1} |"));
                }
            }

            return Task.CompletedTask;
        });
        return command;
    }
}
