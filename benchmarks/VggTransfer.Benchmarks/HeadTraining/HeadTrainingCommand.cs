using System.CommandLine;
using System.Globalization;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>
/// <c>head-training</c>: the head beside scikit-learn's LogisticRegression and ML.NET's trainers on the same features, in turns:
/// time, loss, accuracy.
/// </summary>
internal static class HeadTrainingCommand
{
    private const string Ours = "VggTransfer";

    public static Command Create()
    {
        var features = new Option<FileInfo?>("--features") { Description = "A .npy that 'vggtransfer features' wrote; drawn features without it." };
        var images = new Option<int>("--images") { Description = "Images to learn from.", DefaultValueFactory = _ => 2000 };
        var dimension = new Option<int>("--dimension") { Description = "Features of an image.", DefaultValueFactory = _ => 4096 };
        var classes = new Option<int>("--classes") { Description = "Classes.", DefaultValueFactory = _ => 10 };
        var l2 = new Option<double[]>("--l2") { Description = "Strengths of the penalty.", DefaultValueFactory = _ => [100], AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int>("--rounds") { Description = "Rounds to take the median of.", DefaultValueFactory = _ => 3 };
        var command = new Command("head-training", "Compares the training of heads with scikit-learn, and with ML.NET's L-BFGS, SDCA and LightGBM.") { features, images, dimension, classes, l2, rounds };
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

            foreach (double strength in result.GetRequiredValue(l2))
            {
                Measure(data, strength, sklearn, result.GetValue(rounds));
            }
        });
        return command;
    }

    private static void Measure(HeadData data, double l2, SklearnHead? sklearn, int rounds)
    {
        List<(string Name, Func<HeadResult> Fit)> ways = [(Ours, () => OwnHead.Fit(data, l2))];
        if (sklearn is not null)
        {
            ways.Add(("scikit-learn", () => sklearn.Fit(l2)));
            ways.Add(("scikit-learn, tol 1e-6", () => sklearn.Fit(l2, tolerance: 1e-6)));
        }

        ways.Add(("ML.NET L-BFGS", () => MlNetHeads.Lbfgs(data, l2)));
        ways.Add(("ML.NET SDCA", () => MlNetHeads.Sdca(data, l2)));
        ways.Add(("ML.NET LightGBM", () => MlNetHeads.LightGbm(data)));

        // Once before anything counts: code is compiled, libraries are loaded.
        OwnHead.Fit(data, l2);
        var results = ways.ToDictionary(way => way.Name, _ => new List<HeadResult>(), StringComparer.Ordinal);
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, Func<HeadResult> fit) in ways)
            {
                results[name].Add(fit());
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{data.Name}, L2 {l2}, {Environment.ProcessorCount} processors, {rounds} rounds"));
        Console.WriteLine("| by | time | ours is faster by | loss above ours | accuracy |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((string name, List<HeadResult> fits) in results)
        {
            double time = Spread.Of(fits.Select(fit => fit.Seconds)).Median;
            double ratio = Spread.Of(fits.Zip(results[Ours], (theirs, ours) => theirs.Seconds / ours.Seconds)).Median;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {time:F3} s | {ratio:F2} | {(fits[0].Loss / results[Ours][0].Loss) - 1:E1} | {fits[0].Accuracy:F4} |"));
        }
    }
}
