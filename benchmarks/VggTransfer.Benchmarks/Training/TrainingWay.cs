using System.Diagnostics;
using System.Globalization;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Benchmarks.Peers;

namespace VggTransfer.Benchmarks.Training;

/// <summary>A way of training, measured in a process of its own.</summary>
/// <param name="Key">What 'training-run' calls it.</param>
/// <param name="Name">What people call it.</param>
internal sealed record TrainingWay(string Key, string Name)
{
    public static TrainingWay Plain { get; } = new("plain", "plain TorchSharp, float32");

    public static TrainingWay PlainTuned { get; } = new("plain-tuned", "the same, our malloc and OpenMP");

    public static TrainingWay PyTorch { get; } = new("python", "PyTorch from Python, float32");

    public static TrainingWay Ours { get; } = new("ours", "VggTransfer, float32");

    public static TrainingWay OursInBFloat16 { get; } = new("ours-bf16", "VggTransfer, bfloat16");

    /// <summary>Whether the way can be measured on this machine.</summary>
    public bool IsHere => this != PyTorch || DebianPython.Has("torch");

    /// <summary>The median of the seconds that a step takes, and the peak memory in bytes.</summary>
    /// <param name="network">A name that <see cref="TrainingNetwork.Find"/> knows.</param>
    /// <param name="batch">Samples in a step.</param>
    /// <param name="steps">Steps that are measured.</param>
    public (double Seconds, double Peak) Measure(string network, int batch, int steps)
    {
        string[] arguments = ["--network", network, "--batch", Text(batch), "--steps", Text(steps)];
        ProcessStartInfo start = this == PyTorch
            ? new ProcessStartInfo(DebianPython.Program, [Path.Combine(AppContext.BaseDirectory, "Training", "train_step.py"), .. arguments])
            : ChildProcess.Self(["training-run", "--way", Key, .. arguments]);
        double[] numbers = [.. ChildProcess.Run(start).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[3]);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
