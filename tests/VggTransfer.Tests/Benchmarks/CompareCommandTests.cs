using System.Diagnostics;
using System.Text.Json;
using VggTransfer.Tests.Cli;

namespace VggTransfer.Tests.Benchmarks;

/// <summary>The benchmark as a process, in its shortest form. Oracle: its own promises; times are nobody's to assert.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vggtransfer-compare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Standard_output_is_the_JSON_alone_and_nothing_stays_behind()
    {
        string photos = Path.Combine(_folder, "photos");
        string temporary = Directory.CreateDirectory(Path.Combine(_folder, "temporary")).FullName;
        DrawnPhotos.DrawFolder(photos, perClass: 1);

        (int exitCode, string output, string error) = await Run(temporary, "--quick", "--json", "--rounds", "1", "--only", "decoding", "--photos", photos);

        Assert.True(exitCode == 0, error);
        JsonElement[] figures = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Contains("decode_vs_mlnet", figures.Select(figure => figure.GetProperty("name").GetString()));
        Assert.All(figures, figure => Assert.Equal(
            figure.GetProperty("ours").GetDouble() / figure.GetProperty("peer").GetDouble(), figure.GetProperty("ratio").GetDouble(), 1e-9));
        Assert.Contains("a ratio above 1 means that ours is better", error, StringComparison.Ordinal);
        Assert.Contains("ONNX Runtime 1.", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(temporary, "vggtransfer-benchmark-*"));
    }

    [Fact]
    public async Task A_missing_folder_is_named_before_anything_is_measured()
    {
        (int exitCode, string output, string error) = await Run(_folder, "--json", "--photos", Path.Combine(_folder, "nowhere"));

        Assert.Equal(1, exitCode);
        Assert.Contains("There is no folder", error, StringComparison.Ordinal);
        Assert.Contains("nowhere", error, StringComparison.Ordinal);
        Assert.DoesNotContain("\"ratio\"", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(string temporary, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "VggTransfer.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet", [program, "compare", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // Path.GetTempPath follows TMPDIR on Unix, TEMP and TMP on Windows.
        start.Environment["TMPDIR"] = start.Environment["TEMP"] = start.Environment["TMP"] = temporary;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }
}
