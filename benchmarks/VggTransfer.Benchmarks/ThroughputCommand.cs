using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Onnx;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Benchmarks;

/// <summary>
/// Images a second from files to features, ours beside ML.NET's LoadImages, ResizeImages, ExtractPixels and
/// ApplyOnnxModel: the same photos, the same ONNX graph, alternately in one run.
/// </summary>
internal static class ThroughputCommand
{
    public static Command Create()
    {
        var photos = new Argument<DirectoryInfo>("PHOTOS") { Description = "A folder of photos." };
        var rounds = new Option<int>("--rounds") { Description = "Rounds to take the median of.", DefaultValueFactory = _ => 5 };
        var inputSize = new Option<int>("--input-size") { Description = "Pixels.", DefaultValueFactory = _ => 224 };
        var batchSize = new Option<int>("--batch-size") { Description = "Images in a batch (ours; ML.NET goes row by row).", DefaultValueFactory = _ => 8 };
        var command = new Command("throughput", "Compares feature extraction with ML.NET's ApplyOnnxModel.") { photos, rounds, inputSize, batchSize };
        command.SetAction(result => Measure(
            ImageFolder.ListImages(result.GetRequiredValue(photos).FullName), result.GetValue(rounds), result.GetValue(inputSize), result.GetValue(batchSize)));
        return command;
    }

    private static void Measure(IReadOnlyList<string> paths, int rounds, int inputSize, int batchSize)
    {
        string graph = Path.Combine(Path.GetTempPath(), $"vggtransfer-benchmark-{Guid.NewGuid():N}.onnx");
        try
        {
            using var model = PretrainedBackbones.Open();
            FeatureLayer layer = FeatureExtractor.DefaultLayer(model);
            OnnxModelWriter.Write(model, graph, new OnnxExportOptions { InputName = "Pixels", InputSize = inputSize, Outputs = [new OnnxOutput("Features", layer)] });
            using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = layer, InputSize = inputSize, BatchSize = batchSize });
            var mlContext = new MLContext(1);
            IDataView rows = mlContext.Data.LoadFromEnumerable(paths.Select(path => new Row { ImagePath = path }));
            TransformerChain<Microsoft.ML.Transforms.Onnx.OnnxTransformer> chain = mlContext.Transforms.LoadImages("Image", null, nameof(Row.ImagePath))
                .Append(mlContext.Transforms.ResizeImages("Image", inputSize, inputSize, "Image", ImageResizingEstimator.ResizingKind.IsoCrop))
                .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true, outputAsFloatArray: false))
                .Append(mlContext.Transforms.ApplyOnnxModel(["Features"], ["Pixels"], graph))
                .Fit(rows);

            float[][] Ours() => [.. extractor.ExtractAll(paths).Select(features => features.Values!)];
            float[][] Theirs() => [.. chain.Transform(rows).GetColumn<float[]>("Features")];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest difference: {LargestDifference(Ours(), Theirs()):E1}"));
            double[] ours = new double[rounds], theirs = new double[rounds];
            for (int round = 0; round < rounds; round++)
            {
                ours[round] = Rate(Ours, paths.Count);
                theirs[round] = Rate(Theirs, paths.Count);
            }

            double[] ratios = [.. ours.Zip(theirs, (a, b) => a / b)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{paths.Count} images, {inputSize} pixels, {layer}, {Environment.ProcessorCount} processors, median of {rounds} rounds (smallest to largest)"));
            Print("VggTransfer, batches", ours, "images/s");
            Print("ML.NET ApplyOnnxModel", theirs, "images/s");
            Print("ratio", ratios, "");
        }
        finally
        {
            File.Delete(graph);
        }
    }

    private static double Rate(Func<float[][]> run, int images)
    {
        var clock = Stopwatch.StartNew();
        run();
        return images / clock.Elapsed.TotalSeconds;
    }

    private static void Print(string name, double[] values, string unit)
    {
        double[] sorted = [.. values.Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {sorted[sorted.Length / 2],7:F2} {unit} ({sorted[0]:F2} to {sorted[^1]:F2})"));
    }

    private static double LargestDifference(float[][] first, float[][] second) =>
        first.Zip(second, (a, b) => a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Max()).Max();

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
    }
}
