using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace VggTransfer.Benchmarks.Training;

/// <summary>
/// <c>training</c>: images a second and peak memory of a training step, ours beside plain TorchSharp code and Debian's
/// PyTorch, alternately in one run, each time in a process of its own.
/// </summary>
internal static class TrainingCommand
{
    // Debian's and Ubuntu's own, where python3-torch lies.
    private const string Python = "/usr/bin/python3";

    private static readonly (string Way, string Name)[] s_ways =
    [
        ("plain", "plain TorchSharp, float32"),
        ("plain-tuned", "the same, our malloc and OpenMP"),
        ("python", "PyTorch from Python, float32"),
        ("ours", "VggTransfer, float32"),
        ("ours-bf16", "VggTransfer, bfloat16"),
    ];

    public static Command Create()
    {
        var network = new Option<string>("--network") { Description = "notebook (39.9 M parameters) or narrow (width 1/4, batch norm).", DefaultValueFactory = _ => "notebook" };
        var batch = new Option<int>("--batch") { Description = "Samples in a step.", DefaultValueFactory = _ => 128 };
        var steps = new Option<int>("--steps") { Description = "Steps that are measured in a round.", DefaultValueFactory = _ => 5 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median of all steps counts.", DefaultValueFactory = _ => 3 };
        var command = new Command("training", "Compares a training step with plain TorchSharp and PyTorch.") { network, batch, steps, rounds };
        command.SetAction(result => Compare(result.GetValue(network)!, result.GetValue(batch), result.GetValue(steps), result.GetValue(rounds)));
        return command;
    }

    private static void Compare(string network, int batch, int steps, int rounds)
    {
        string[] arguments = ["--network", network, "--batch", Text(batch), "--steps", Text(steps)];
        var runs = s_ways.ToDictionary(way => way.Way, _ => new List<(double Median, double Peak)>());
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string way, _) in s_ways)
            {
                if (Run(way, arguments) is { } run)
                {
                    runs[way].Add(run);
                }
            }
        }

        Console.WriteLine($"{network}, batch {batch}, {TrainingNetwork.Side} x {TrainingNetwork.Side}, {Environment.ProcessorCount} processors, median of {rounds} rounds of {steps} steps (fastest to slowest round)");
        double plain = Median(runs["plain"]);
        foreach ((string way, string name) in s_ways)
        {
            List<(double Median, double Peak)> measured = runs[way];
            Console.WriteLine(measured.Count == 0
                ? $"{name,-32} not here"
                : string.Create(CultureInfo.InvariantCulture, $"{name,-32} {Median(measured),6:F3} s ({measured.Min(run => run.Median):F3} to {measured.Max(run => run.Median):F3}) {batch / Median(measured),7:F1} images/s {measured.Max(run => run.Peak) / 1e6,6:F0} MB {plain / Median(measured),5:F2} x"));
        }
    }

    private static (double Median, double Peak)? Run(string way, string[] arguments)
    {
        string folder = AppContext.BaseDirectory;
        ProcessStartInfo start = way == "python"
            ? new ProcessStartInfo(Python, [Path.Combine(folder, "Training", "train_step.py"), .. arguments])
            : new ProcessStartInfo(Environment.ProcessPath!, [.. OwnArguments(folder), "training-run", "--way", way, .. arguments]);
        start.RedirectStandardOutput = true;
        if (way == "python" && !File.Exists(Python))
        {
            return null;
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            return way == "python" ? null : throw new InvalidOperationException($"The run '{way}' failed with exit code {process.ExitCode}.");
        }

        double[] numbers = [.. output.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[3]);
    }

    // Run as "dotnet Program.dll", the process is dotnet.
    private static IEnumerable<string> OwnArguments(string folder) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(folder, typeof(TrainingCommand).Assembly.GetName().Name + ".dll")] : [];

    private static double Median(List<(double Median, double Peak)> runs)
    {
        double[] sorted = [.. runs.Select(run => run.Median).Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
