using VggTransfer.Models;

namespace VggTransfer.Tests.Fixtures;

/// <summary>What every writer of weights promises when it doesn't come to its end.</summary>
internal static class CancelledWriting
{
    public static void AssertLeavesTheOldFileAndNothingElse(Action<VggModel, string, CancellationToken> write)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        File.WriteAllText(folder.File("m"), "old");

        Assert.Throws<OperationCanceledException>(() => write(model, folder.File("m"), new CancellationToken(canceled: true)));

        Assert.Equal([folder.File("m")], Directory.GetFiles(folder.Path));
        Assert.Equal("old", File.ReadAllText(folder.File("m")));
    }
}
