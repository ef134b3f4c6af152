using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Samples;

/// <summary>The notebook at full size, two steps of it. Oracle: what Keras shows for the same network.</summary>
public sealed partial class NotebookTests
{
    [Fact]
    public async Task The_notebook_begins_as_in_Keras()
    {
        string data = Path.GetDirectoryName(SharedData.Require("data/cifar10-train.zip"))!;
        var start = new ProcessStartInfo("dotnet", [Repository.Program("samples/NotebookVgg16"), "--data", data, "--steps", "2", "--epochs", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await errors);
        Assert.Equal(0, process.ExitCode);
        string summary = await File.ReadAllTextAsync(SharedData.Require("goldens/keras/summary/tf_keras/notebook_vgg16_cifar10.default.txt"), TestContext.Current.CancellationToken);
        Assert.Contains(summary, output, StringComparison.Ordinal);
        double loss = double.Parse(FirstLoss().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(loss, 4.23, 4.24);
    }

    [GeneratedRegex(@"\r1/2 \[.*? - loss: ([0-9.]+) - accuracy")]
    private static partial Regex FirstLoss();
}
