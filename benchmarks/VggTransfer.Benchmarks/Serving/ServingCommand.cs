using System.CommandLine;
using System.Globalization;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Serving;

namespace VggTransfer.Benchmarks.Serving;

/// <summary>
/// <c>serving MODEL FOLDER</c>: many threads on one classifier, beside a pool of ML.NET's prediction engines on the same model file,
/// in turns and each in a process of its own.
/// </summary>
internal static class ServingCommand
{
    private static readonly (string Name, string Description)[] s_ways =
    [
        ("batched", "ImageClassifier, micro-batching"),
        ("plain", "ImageClassifier"),
        ("pool", "pool of PredictionEngines"),
    ];

    public static Command Create()
    {
        var model = new Argument<FileInfo>("MODEL") { Description = "A model that 'train' made." };
        var photos = new Argument<DirectoryInfo>("FOLDER") { Description = "Images." };
        var threads = new Option<int>("--threads") { Description = "Threads that call.", DefaultValueFactory = _ => 64 };
        var calls = new Option<int>("--calls") { Description = "Calls in a round.", DefaultValueFactory = _ => 10_000 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds.", DefaultValueFactory = _ => 1 };
        var images = new Option<int>("--images") { Description = "How many of the images.", DefaultValueFactory = _ => 100 };
        var way = new Option<string?>("--way") { Description = "One way alone, in this process; prints JSON.", Hidden = true };
        var command = new Command("serving", "Throughput, latency and memory of many threads, beside ML.NET.") { model, photos, threads, calls, rounds, images, way };
        command.SetAction(result =>
        {
            string file = result.GetRequiredValue(model).FullName;
            string folder = result.GetRequiredValue(photos).FullName;
            if (result.GetValue(way) is { } one)
            {
                string[] paths = [.. ImageFolder.ListImages(folder).Take(result.GetValue(images))];
                Console.WriteLine(Measure(one, file, paths, result.GetValue(threads), result.GetValue(calls)).ToJson());
                return;
            }

            Console.WriteLine($"{result.GetValue(threads)} threads, {result.GetValue(calls)} calls, {Environment.ProcessorCount} processors");
            Console.WriteLine("| way | images/s | p50 ms | p99 ms | other answers | peak MB | grown MB | handles |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            for (int round = 0; round < result.GetValue(rounds); round++)
            {
                foreach ((string name, string description) in s_ways)
                {
                    string json = ChildProcess.Run(ChildProcess.Self(
                        "serving", file, folder, "--way", name, "--threads", Text(result.GetValue(threads)), "--calls", Text(result.GetValue(calls)), "--images", Text(result.GetValue(images))));
                    Console.WriteLine(ServingLoad.FromJson(json).ToRow(description));
                }
            }
        });
        return command;
    }

    private static ServingLoad Measure(string way, string model, string[] paths, int threads, int calls)
    {
        if (way == "pool")
        {
            using var pool = new EnginePool(model);
            return ServingLoad.Measure(paths, threads, calls, path =>
            {
                EnginePool.Prediction prediction = pool.Predict(path);
                return $"{prediction.PredictedLabel} {string.Join(' ', prediction.Score)}";
            });
        }

        var options = new ImageClassifierOptions { MicroBatching = way == "batched" ? new MicroBatchingOptions() : null };
        using ImageClassifier classifier = ImageClassifier.Load(model, options);
        return ServingLoad.Measure(paths, threads, calls, path =>
        {
            ImagePrediction prediction = classifier.Classify(path);
            return $"{prediction.Novelty} {string.Join(' ', prediction.Classes)}";
        });
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
