using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class CancellationTests(CliFixture fixture)
{
    [Theory]
    [InlineData("-INT", "train", "model.zip")]
    [InlineData("-TERM", "train", "model.zip")]
    [InlineData("-INT", "features", "features.npy")]
    public void A_signal_ends_the_work_and_leaves_nothing_behind(string signal, string command, string output)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by Linux's kill");
        using var folder = new TemporaryFolder();

        // Large inputs in batches of one: far from done when the signal comes, and soon at the end of a batch.
        CommandLineResult result = CommandLineProcess.RunAndSignal(folder.Path, signal, command, fixture.Photos, "--output", output, "--input-size", "384", "--batch-size", "1").Expect(130);
        Assert.Equal("Cancelled.", result.ErrorLines[^1]);
        Assert.Empty(result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
