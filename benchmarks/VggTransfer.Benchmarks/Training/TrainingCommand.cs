using System.CommandLine;
using System.Globalization;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.Training;

/// <summary>
/// <c>training</c>: images a second and peak memory of a training step, ours beside plain TorchSharp code and Debian's
/// PyTorch, alternately in one run, each time in a process of its own.
/// </summary>
internal static class TrainingCommand
{
    private static readonly TrainingWay[] s_ways =
        [TrainingWay.Plain, TrainingWay.PlainTuned, TrainingWay.PyTorch, TrainingWay.Ours, TrainingWay.OursInBFloat16];

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
        TrainingWay[] here = [.. s_ways.Where(way => way.IsHere)];
        var runs = here.ToDictionary(way => way, _ => new List<(double Seconds, double Peak)>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (TrainingWay way in here)
            {
                runs[way].Add(way.Measure(network, batch, steps));
            }
        }

        Console.WriteLine($"{network}, batch {batch}, {TrainingNetwork.Side} x {TrainingNetwork.Side}, {Environment.ProcessorCount} processors, median of {rounds} rounds of {steps} steps (fastest to slowest round)");
        double plain = Seconds(runs[TrainingWay.Plain]).Median;
        foreach (TrainingWay way in s_ways)
        {
            if (!runs.TryGetValue(way, out List<(double Seconds, double Peak)>? measured))
            {
                Console.WriteLine($"{way.Name,-32} not here");
                continue;
            }

            Spread seconds = Seconds(measured);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{way.Name,-32} {seconds.Median,6:F3} s ({seconds.Least:F3} to {seconds.Greatest:F3}) {batch / seconds.Median,7:F1} images/s {measured.Max(run => run.Peak) / 1e6,6:F0} MB {plain / seconds.Median,5:F2} x"));
        }

        static Spread Seconds(List<(double Seconds, double Peak)> measured) => Spread.Of(measured.Select(run => run.Seconds));
    }
}
