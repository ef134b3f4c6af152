using System.Diagnostics;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

/// <summary><c>new</c>, as a user runs it: the project is built by the SDK, away from this repository, and run.</summary>
[Collection(CliTests.Name)]
public sealed class NewCommandTests(CliFixture fixture)
{
    [Theory]
    [InlineData("console", "my-classifier", "MyClassifier")]
    [InlineData("webapi", "my service", "MyService")]
    [InlineData("worker", "worker.one", "Worker.one")]
    public void A_new_project_builds_and_runs_at_once(string kind, string folderName, string name)
    {
        using var folder = new TemporaryFolder();
        CommandLineProcess.Run(folder.Path, "new", kind, "--model", fixture.Model, "--output", folderName).Expect(0);
        string project = folder.File(folderName);
        Assert.Equal(Hash(fixture.Model), Hash(Path.Combine(project, "model.zip")));
        Assert.True(File.Exists(Path.Combine(project, $"{name}.csproj")));
        Assert.DoesNotContain(Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories), file => Path.GetExtension(file) is ".cs" or ".csproj" && File.ReadAllText(file).Contains("../../src", StringComparison.Ordinal));

        (int exitCode, string output) = Dotnet(project, "build", "-v", "q", "-warnaserror", "-warnnotaserror:NU1603", "-nodeReuse:false");
        Assert.True(exitCode == 0, output);
        if (kind == "console")
        {
            string photo = Path.Combine(fixture.TestPhotos, "circles", "00.png");
            (exitCode, output) = Dotnet(project, "run", "--no-build", "--", photo);
            Assert.Equal(0, exitCode);
            Assert.StartsWith($"{photo}: circles (", output, StringComparison.Ordinal);
        }

        static byte[] Hash(string file) => System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file));
    }

    [Fact]
    public void Nothing_that_is_there_is_touched()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("full"));
        File.WriteAllText(folder.File("full/mine.txt"), "mine");
        File.WriteAllText(folder.File("bad.zip"), "no model");

        Assert.Contains("isn't empty", CommandLineProcess.Run(folder.Path, "new", "console", "--model", fixture.Model, "--output", "full").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("bad.zip", CommandLineProcess.Run(folder.Path, "new", "console", "--model", "bad.zip", "--output", "other").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("vggtransfer train", CommandLineProcess.Run(folder.Path, "new", "console", "--model", "none.zip", "--output", "other").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("--name", CommandLineProcess.Run(folder.Path, "new", "console", "--model", fixture.Model, "--output", "other", "--name", "../evil").Expect(2).ErrorSentence, StringComparison.Ordinal);
        CommandLineProcess.Run(folder.Path, "new", "desktop", "--model", fixture.Model, "--output", "other").Expect(2);
        Assert.Equal(["bad.zip", "full"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["mine.txt"], Directory.EnumerateFileSystemEntries(folder.File("full")).Select(Path.GetFileName));
    }

    private static (int ExitCode, string Output) Dotnet(string folder, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }
}
