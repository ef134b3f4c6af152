using System.Diagnostics;
using VggTransfer.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Samples;

/// <summary>The README's first command, run as a new user runs it. Oracle: its own promises.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public async Task The_quick_start_draws_trains_saves_and_predicts()
    {
        string temporary = Directory.CreateTempSubdirectory("vggtransfer-quickstart-").FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet", [Repository.Program("samples/QuickStart")]) { RedirectStandardOutput = true, RedirectStandardError = true };

            // Path.GetTempPath follows TMPDIR on Unix, TEMP and TMP on Windows.
            start.Environment["TMPDIR"] = start.Environment["TEMP"] = start.Environment["TMP"] = temporary;
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Equal("", await errors);
            Assert.Equal(0, process.ExitCode);
            Assert.Contains("160 images in 5 classes: circle, cross, square, star, triangle", output, StringComparison.Ordinal);
            using ImageClassifier classifier = ImageClassifier.Load(Path.Combine(temporary, "vggtransfer-quickstart", "model.zip"));
            Assert.Equal(["circle", "cross", "square", "star", "triangle"], classifier.Labels);
            Assert.InRange(classifier.Description.ValidationAccuracy, 0.8, 1);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}
