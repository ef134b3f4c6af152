using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace VggTransfer.Benchmarks.Micro;

/// <summary><c>micro</c>: the inner parts one by one, in BenchmarkDotNet: time and what they allocate.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var filter = new Argument<string>("FILTER") { Description = "Part of a benchmark's name, such as Resize; by default all.", DefaultValueFactory = _ => "" };
        var command = new Command("micro", "Measures the inner parts (decode, resize, normalise, head, weights) with BenchmarkDotNet.") { filter };
        command.SetAction(result =>
        {
            // In this process: no project is generated and built for each run, and a short job ends in minutes.
            IConfig config = DefaultConfig.Instance
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.Artifacts"));
            bool ran = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", $"*{result.GetValue(filter)}*"], config).Any();
            if (!ran)
            {
                Console.Error.WriteLine($"No benchmark's name contains '{result.GetValue(filter)}'.");
                return 1;
            }

            return 0;
        });
        return command;
    }
}
