using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Benchmarks.Training;

/// <summary><c>training-run</c>: one way of training in a process of its own; prints seconds a step and peak memory.</summary>
internal static class TrainingRunCommand
{
    private const int WarmUpSteps = 2;

    public static Command Create()
    {
        var way = new Option<string>("--way") { Description = "plain, plain-tuned, ours or ours-bf16.", Required = true };
        var network = new Option<string>("--network") { Description = "notebook or narrow.", Required = true };
        var batch = new Option<int>("--batch") { Description = "Samples in a step.", DefaultValueFactory = _ => 128 };
        var steps = new Option<int>("--steps") { Description = "Steps that are measured.", DefaultValueFactory = _ => 5 };
        var command = new Command("training-run", "One way of training, measured in a process of its own.") { way, network, batch, steps };
        command.Hidden = true;
        command.SetAction(result => Run(result.GetRequiredValue(way), TrainingNetwork.Find(result.GetRequiredValue(network)), result.GetValue(batch), result.GetValue(steps)));
        return command;
    }

    private static void Run(string way, TrainingNetwork network, int samples, int steps)
    {
        TorchLibrary.LeavesProcessAlone = way == "plain";
        TorchLibrary.Load();
        TorchSharp.torch.set_num_threads(Environment.ProcessorCount);
        var random = new Random(1);
        byte[] pixels = new byte[samples * TrainingNetwork.Side * TrainingNetwork.Side * 3];
        random.NextBytes(pixels);
        int[] classes = [.. Enumerable.Range(0, samples).Select(i => i % TrainingNetwork.Classes)];
        double[] seconds = way.StartsWith("plain", StringComparison.Ordinal)
            ? Plain(network, pixels, classes, samples, steps)
            : Ours(network, pixels, classes, samples, steps, way == "ours-bf16" ? Precision.BFloat16 : Precision.Float32);

        double[] sorted = [.. seconds.Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]} {sorted[0]} {sorted[^1]} {PeakMemory()}"));
    }

    private static double[] Plain(TrainingNetwork network, byte[] pixels, int[] classes, int samples, int steps)
    {
        using var training = new PlainTorchSharp(network);
        long[] targets = Array.ConvertAll(classes, value => (long)value);
        return Measure(steps, () => training.Step(Array.ConvertAll(pixels, value => value / 255f), targets, samples));
    }

    private static double[] Ours(TrainingNetwork network, byte[] pixels, int[] classes, int samples, int steps, Precision precision)
    {
        using Sequential model = network.ToModel();
        model.Execution = new ExecutionOptions { Device = "cpu", Precision = precision };
        model.Compile(new SGD(0.01, 0.9, nesterov: true), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        INetwork engine = model.CompiledNetwork;
        return Measure(steps, () =>
        {
            var batch = new Batch(NDArray.From(Array.ConvertAll(pixels, value => value / 255f), samples, TrainingNetwork.Side, TrainingNetwork.Side, 3), NDArray.From(classes));
            return engine.Train(batch, null).Loss;
        });
    }

    private static double[] Measure(int steps, Func<double> step)
    {
        double[] seconds = new double[steps];
        for (int i = -WarmUpSteps; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            double loss = step();
            if (!double.IsFinite(loss))
            {
                throw new InvalidOperationException("The loss is no number, so the times mean nothing.");
            }

            if (i >= 0)
            {
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        return seconds;
    }

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
