using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;

namespace VggTransfer.Benchmarks.Measuring;

/// <summary>What figures depend on: processor, runtime, versions.</summary>
internal static class Machine
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string LoadFile = "/proc/loadavg";

    // What decides the speed of matrix products on x86 and ARM, as Linux calls them.
    private static readonly string[] s_instructions =
        ["avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "asimddp", "i8mm", "bf16", "sve"];

    /// <summary>The table's head, line by line.</summary>
    public static IEnumerable<string> Describe()
    {
        yield return $"{ProcessorName()}, {Environment.ProcessorCount} processors, {string.Join(' ', Instructions())}".TrimEnd(' ', ',');
        yield return $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
        yield return $"VggTransfer {WithCommit(typeof(Models.VggModel).Assembly)}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, ML.NET {Released(typeof(MLContext).Assembly)}, SkiaSharp {Released(typeof(SKBitmap).Assembly)}";
    }

    /// <summary>A sentence if other programs are at work, which even ratios suffer from; null if none, or unknown.</summary>
    public static string? OtherWork()
    {
        if (!File.Exists(LoadFile))
        {
            return null;
        }

        // The first number: how many tasks wanted a processor, over the last minute.
        double load = double.Parse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture);
        return load < Environment.ProcessorCount / 4.0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"the load of this machine is {load:F1} on {Environment.ProcessorCount} processors before anything is measured: other programs are at work, and figures are worth less.");
    }

    private static string ProcessorName() =>
        ProcessorLine("model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static IEnumerable<string> Instructions()
    {
        string[] present = (ProcessorLine("flags") ?? ProcessorLine("Features") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return s_instructions.Where(present.Contains);
    }

    private static string? ProcessorLine(string key) => File.Exists(ProcessorFile)
        ? File.ReadLines(ProcessorFile).Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == key)?[1].Trim()
        : null;

    // What stands behind the plus sign is the commit: the SDK puts it there.
    private static string WithCommit(Assembly assembly)
    {
        string[] parts = Version(assembly).Split('+', 2);
        return parts.Length == 1 ? parts[0] : $"{parts[0]} ({parts[1][..Math.Min(parts[1].Length, 12)]})";
    }

    private static string Released(Assembly assembly) => Version(assembly).Split('+', '-')[0];

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version!.ToString();
}
