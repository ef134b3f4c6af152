using System.Diagnostics;
using VggTransfer.Files;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Files;

public sealed class FileLockTests
{
    [Fact]
    public async Task Lock_has_one_holder_at_a_time()
    {
        using var folder = new TemporaryFolder();
        FileLock first = FileLock.TryTake(folder.File("l"))!;
        Assert.Null(FileLock.TryTake(folder.File("l")));
        int waited = 0;
        Task<FileLock> second = FileLock.TakeAsync(folder.File("l"), () => waited++, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);

        first.Dispose();

        using FileLock taken = await second;
        Assert.Equal(1, waited);
        Assert.Null(FileLock.TryTake(folder.File("l")));
    }

    [Fact]
    public void File_that_a_dead_process_left_behind_is_no_lock()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("l"), "");

        using FileLock? taken = FileLock.TryTake(folder.File("l"));

        Assert.NotNull(taken);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        using FileLock held = FileLock.TryTake(folder.File("l"))!;
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FileLock.TakeAsync(folder.File("l"), cancellation.Cancel, cancellation.Token));
    }

    [Fact]
    public void Folder_that_doesnt_exist_isnt_taken_for_a_held_lock()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<DirectoryNotFoundException>(() => FileLock.TryTake(folder.File("no/l")));
    }

    // Oracle: util-linux's flock, another process that takes the same kind of lock.
    [Fact]
    public async Task Lock_of_another_process_counts_until_it_is_killed()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "needs /usr/bin/flock of util-linux");
        using var folder = new TemporaryFolder();
        string path = folder.File("l");
        using Process holder = Process.Start(new ProcessStartInfo("/usr/bin/flock", ["--no-fork", path, "sleep", "600"]))!;
        while (true)
        {
            using FileLock? early = FileLock.TryTake(path);
            if (early is null)
            {
                break;
            }

            await Task.Yield();
        }

        holder.Kill(entireProcessTree: true);

        using FileLock taken = await FileLock.TakeAsync(path, () => { }, TestContext.Current.CancellationToken);
    }
}
