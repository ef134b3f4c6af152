using System.Diagnostics;
using System.Globalization;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>scikit-learn in a process of its own, which has loaded the features before anything is timed.</summary>
internal sealed class SklearnHead : IDisposable
{
    // Debian's and Ubuntu's own, where python3-sklearn lies.
    private const string Python = "/usr/bin/python3";

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private SklearnHead(Process process, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <summary>Null where there is no scikit-learn.</summary>
    public static SklearnHead? TryStart(HeadData data)
    {
        if (!File.Exists(Python))
        {
            return null;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("vggtransfer-benchmark-");
        data.Write(folder.FullName);
        Process process = Process.Start(new ProcessStartInfo(Python, [Path.Combine(AppContext.BaseDirectory, "HeadTraining", "head_training.py"), folder.FullName])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (process.StandardOutput.ReadLine() == "ready")
        {
            return new SklearnHead(process, folder);
        }

        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
        return null;
    }

    public HeadResult Fit(double l2, double tolerance)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{l2} {tolerance}"));
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"scikit-learn failed: {_process.StandardError.ReadToEnd()}");
        double[] values = [.. answer.Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        return new HeadResult(values[0], values[1], values[2]);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
