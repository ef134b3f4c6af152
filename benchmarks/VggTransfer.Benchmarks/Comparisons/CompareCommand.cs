using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Benchmarks.ColdStart;
using VggTransfer.Benchmarks.HeadTraining;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary><c>compare</c>: one table of ratios, ours beside others, or the same as JSON.</summary>
internal static class CompareCommand
{
    // What is made once is used by those behind it.
    private static readonly IComparison[] s_comparisons =
    [
        new DecodingComparison(),
        new QuantisationComparison(),
        FeatureComparison.FullSize,
        FeatureComparison.Embedded,
        new ColdStartComparison(),
        new HeadTrainingComparison(),
        new TrainingStepComparison(),
    ];

    public static Command Create()
    {
        string names = string.Join(", ", s_comparisons.Select(comparison => comparison.Name));
        var quick = new Option<bool>("--quick") { Description = "Fewer rounds, sizes and timed photos: about 3 minutes instead of 20." };
        var json = new Option<bool>("--json") { Description = "A JSON list of name, ours, peer, ratio, unit on standard output; all else on standard error." };
        var photos = new Option<DirectoryInfo?>("--photos") { Description = "A folder of photos; by default, pictures are drawn that cost as much to decode." };
        var only = new Option<string[]>("--only") { Description = $"Some groups: {names}.", AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int?>("--rounds") { Description = "Rounds to take the median of." };
        var inputSize = new Option<int>("--input-size") { Description = "Side of the input in pixels, 32 to 512; VGG16 up to fc7 takes 224 alone.", DefaultValueFactory = _ => 224 };
        only.AcceptOnlyFromAmong([.. s_comparisons.Select(comparison => comparison.Name)]);
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 100)
            {
                result.AddError("--rounds must be 1 to 100.");
            }
        });
        inputSize.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 32 or > 512)
            {
                result.AddError("--input-size must be 32 to 512.");
            }
        });
        photos.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<DirectoryInfo?>() is { Exists: false } missing)
            {
                result.AddError($"There is no folder '{missing.FullName}'.");
            }
        });
        var command = new Command("compare", "Prints one table of ratios, ours beside ML.NET, ONNX Runtime, PyTorch and others, each pair measured in turns.") { quick, json, photos, only, rounds, inputSize };
        command.SetAction((result, cancellationToken) => Task.Run(() =>
        {
            Effort effort = result.GetValue(quick) ? Effort.Quick : Effort.Full;
            effort = effort with { Rounds = result.GetValue(rounds) ?? effort.Rounds };
            string[] chosen = result.GetValue(only)!;
            IComparison[] comparisons = chosen.Length == 0 ? s_comparisons : [.. s_comparisons.Where(comparison => chosen.Contains(comparison.Name))];
            return Run(comparisons, effort, result.GetValue(photos), result.GetValue(inputSize), result.GetValue(json), cancellationToken);
        }, cancellationToken));
        return command;
    }

    /// <returns>The exit code: 1 where a group failed. The others' figures are printed even then: they took minutes.</returns>
    private static int Run(IComparison[] comparisons, Effort effort, DirectoryInfo? folder, int inputSize, bool asJson, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using var workFolder = new WorkFolder();
        if (Machine.OtherWork() is { } warning)
        {
            Note(warning);
        }

        BenchmarkPhotos photos = BenchmarkPhotos.Find(folder, Effort.Photos, workFolder.Path);
        string[] head =
        [
            .. Machine.Describe(),
            $"{photos.Paths.Count} {(photos.AreDrawn ? "drawn pictures" : "photos")}, {effort.Rounds} rounds; a ratio above 1 means that ours is better",
        ];
        foreach (string line in head)
        {
            (asJson ? Console.Error : Console.Out).WriteLine(line);
        }

        int exitCode = 0;
        var figures = new List<Figure>();
        using (var context = new ComparisonContext(effort, photos, inputSize, workFolder.Path, Note))
        {
            foreach (IComparison comparison in comparisons)
            {
                Note($"measuring {comparison.Name}");
                try
                {
                    figures.AddRange(comparison.Measure(context, cancellationToken));
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    Note($"{comparison.Name} failed: {e}");
                    exitCode = 1;
                }
            }
        }

        if (asJson)
        {
            Console.WriteLine(FigureJson.Serialize(figures));
            return exitCode;
        }

        Console.WriteLine();
        foreach (string line in FigureTable.Lines(figures))
        {
            Console.WriteLine(line);
        }

        return exitCode;

        void Note(string sentence) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds,5:F0} s  {sentence}"));
    }
}
