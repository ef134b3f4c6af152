using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VggTransfer.Classification;
using VggTransfer.Classification.Regression;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>
/// <c>head-training</c>: the head beside scikit-learn's LogisticRegression and ML.NET's trainers, on the same features in the
/// same process time, in turns.
/// </summary>
internal static class HeadTrainingCommand
{
    private const string Ours = "VggTransfer";
    private const string Sklearn = "scikit-learn";

    /// <summary>scikit-learn's default.</summary>
    private const double DefaultTolerance = 1e-4;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n" };

    public static Command Create()
    {
        var features = new Option<FileInfo?>("--features") { Description = "A .npy that 'vggtransfer features' wrote; drawn features without it." };
        var images = new Option<int>("--images") { Description = "Images to learn from.", DefaultValueFactory = _ => 2000 };
        var dimension = new Option<int>("--dimension") { Description = "Features of an image.", DefaultValueFactory = _ => 4096 };
        var classes = new Option<int>("--classes") { Description = "Classes.", DefaultValueFactory = _ => 10 };
        var l2 = new Option<double[]>("--l2") { Description = "Strengths of the penalty.", DefaultValueFactory = _ => [100], AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int>("--rounds") { Description = "Rounds to take the median of.", DefaultValueFactory = _ => 3 };
        var all = new Option<bool>("--all") { Description = "ML.NET's trainers too: L-BFGS, SDCA, LightGBM." };
        var json = new Option<bool>("--json") { Description = "Print a JSON list of name, ours, peer, ratio, unit." };
        var command = new Command("head-training", "Compares the training of heads with scikit-learn and ML.NET.") { features, images, dimension, classes, l2, rounds, all, json };
        command.SetAction(result =>
        {
            HeadData data = result.GetValue(features) is { } file
                ? HeadData.Read(file.FullName)
                : HeadData.Draw(result.GetValue(images), result.GetValue(dimension), result.GetValue(classes));
            using SklearnHead? sklearn = SklearnHead.TryStart(data);
            if (sklearn is null)
            {
                Console.Error.WriteLine("scikit-learn isn't here (Debian: python3-sklearn); it is left out.");
            }

            var figures = new List<object>();
            foreach (double strength in result.GetRequiredValue(l2))
            {
                Dictionary<string, List<HeadResult>> results = Measure(data, strength, sklearn, result.GetValue(all), result.GetValue(rounds));
                if (!result.GetValue(json))
                {
                    Print(data, strength, results);
                }
                else if (results.TryGetValue(Sklearn, out List<HeadResult>? peer))
                {
                    double[] ratios = [.. peer.Zip(results[Ours], (theirs, ours) => theirs.Seconds / ours.Seconds)];
                    figures.Add(new { Name = "head_training_vs_sklearn", Ours = Median(results[Ours].Select(fit => fit.Seconds)), Peer = Median(peer.Select(fit => fit.Seconds)), Ratio = Median(ratios), Unit = "s" });
                }
            }

            if (result.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(figures, s_json));
            }
        });
        return command;
    }

    /// <summary>Fits in turns, each way once a round, so that what else the machine does troubles all alike.</summary>
    internal static Dictionary<string, List<HeadResult>> Measure(HeadData data, double l2, SklearnHead? sklearn, bool all, int rounds)
    {
        List<(string Name, Func<HeadResult> Fit)> ways = [(Ours, () => FitOurs(data, l2))];
        if (sklearn is not null)
        {
            ways.Add((Sklearn, () => sklearn.Fit(l2, DefaultTolerance)));
            if (all)
            {
                ways.Add(($"{Sklearn}, tol 1e-6", () => sklearn.Fit(l2, 1e-6)));
            }
        }

        if (all)
        {
            ways.Add(("ML.NET L-BFGS", () => MlNetHeads.Lbfgs(data, l2)));
            ways.Add(("ML.NET SDCA", () => MlNetHeads.Sdca(data, l2)));
            ways.Add(("ML.NET LightGBM", () => MlNetHeads.LightGbm(data)));
        }

        // Once before anything counts: code is compiled, libraries are loaded.
        FitOurs(data, l2);
        var results = ways.ToDictionary(way => way.Name, _ => new List<HeadResult>());
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, Func<HeadResult> fit) in ways)
            {
                results[name].Add(fit());
            }
        }

        return results;
    }

    private static HeadResult FitOurs(HeadData data, double l2)
    {
        var clock = Stopwatch.StartNew();
        var regression = LogisticRegression.Create(data.Training, data.Labels, data.Classes, Environment.ProcessorCount);
        LogisticSolution solution = regression.Fit(l2);
        LinearHead head = regression.ToHead(solution);
        double seconds = clock.Elapsed.TotalSeconds;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours: {solution.Evaluations} evaluations, gradient {solution.GradientNorm:E2}"));
        return new HeadResult(seconds, solution.Loss, HeadResult.AccuracyOf(head, data));
    }

    private static void Print(HeadData data, double l2, Dictionary<string, List<HeadResult>> results)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{data.Name}, L2 {l2}, {Environment.ProcessorCount} processors, median of {results[Ours].Count} rounds"));
        Console.WriteLine("| by | time | ours is faster by | loss above ours | accuracy |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((string name, List<HeadResult> fits) in results)
        {
            double ratio = Median(fits.Zip(results[Ours], (theirs, ours) => theirs.Seconds / ours.Seconds));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {Median(fits.Select(fit => fit.Seconds)):F3} s | {ratio:F2} | {(fits[0].Loss / results[Ours][0].Loss) - 1:E1} | {fits[0].Accuracy:F4} |"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
