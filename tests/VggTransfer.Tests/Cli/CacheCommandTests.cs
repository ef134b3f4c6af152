using System.IO.Compression;
using System.Text.Json;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class CacheCommandTests(CliFixture fixture) : IDisposable
{
    private const string WithCache = """VGGTRANSFER_CACHE="$PWD/cache" VGGTRANSFER_FEATURE_CACHE=100 """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_training_computes_only_new_photos_and_gives_the_model_of_one_without_cache()
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 5);
        Assert.Equal(0, Train("first.zip", WithCache, "--json").Expect(0).Json.GetProperty("fromCache").GetInt32());
        File.WriteAllBytes(_folder.File("photos/circles/new.png"), DrawnPhotos.Draw("circles", 99));

        CommandLineResult second = Train("second.zip", WithCache).Expect(0);
        Assert.StartsWith("Extracting features, input size 32, 15 of 16 from the cache: 0/16 images", second.ErrorLines[2], StringComparison.Ordinal);
        Assert.Contains("16 images used, none skipped, 15 feature vectors from the cache, in", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, Train("plain.zip", WithCache, "--no-cache", "--json").Expect(0).Json.GetProperty("fromCache").GetInt32());
        Assert.Equal(HeadOf("plain.zip"), HeadOf("second.zip"));

        JsonElement info = Cache("info", "--json").Expect(0).Json;
        JsonElement features = info.GetProperty("kinds").EnumerateArray().Single(kind => kind.GetProperty("name").GetString() == "features");
        Assert.Equal(_folder.File("cache"), info.GetProperty("cacheFolder").GetString());
        Assert.Equal(1, features.GetProperty("files").GetInt32());
        Assert.Equal("16 feature vectors of 1 recipe", features.GetProperty("note").GetString());
        Assert.Contains("features", Cache("info").Expect(0).Output, StringComparison.Ordinal);

        JsonElement cleared = Cache("clear", "--json").Expect(0).Json.GetProperty("cleared");
        Assert.Contains(cleared.EnumerateArray(), kind => kind.GetProperty("name").GetString() == "features" && kind.GetProperty("freedBytes").GetInt64() == features.GetProperty("bytes").GetInt64());
        Assert.DoesNotContain(cleared.EnumerateArray(), kind => kind.GetProperty("name").GetString() == "weights");
        Assert.Empty(Directory.EnumerateFiles(_folder.File("cache"), "*.features", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_second_evaluation_and_a_prediction_of_the_folder_compute_nothing()
    {
        JsonElement first = Run("evaluate", fixture.Model, fixture.TestPhotos, "--json").Json;
        JsonElement second = Run("evaluate", fixture.Model, fixture.TestPhotos, "--json").Json;
        Assert.Equal((0, 9), (first.GetProperty("fromCache").GetInt32(), second.GetProperty("fromCache").GetInt32()));
        Assert.Equal(first.GetProperty("metrics").GetRawText(), second.GetProperty("metrics").GetRawText());
        Assert.Contains("none skipped, 9 feature vectors from the cache, in", Run("evaluate", fixture.Model, fixture.TestPhotos).Output, StringComparison.Ordinal);
        Assert.Equal(0, Run("evaluate", fixture.Model, fixture.TestPhotos, "--no-cache", "--json").Json.GetProperty("fromCache").GetInt32());
        Assert.Equal(
            Run("predict", fixture.Model, fixture.TestPhotos, "--csv", "--no-cache").Output,
            Run("predict", fixture.Model, fixture.TestPhotos, "--csv").Output);

        // A photo by its name leaves nothing behind.
        string photo = _folder.File("one.png");
        File.WriteAllBytes(photo, DrawnPhotos.Draw("circles", 123));
        Run("predict", fixture.Model, photo);
        Assert.Equal("9 feature vectors of 1 recipe", Cache("info", "--json").Expect(0).Json.GetProperty("kinds").EnumerateArray()
            .Single(kind => kind.GetProperty("name").GetString() == "features").GetProperty("note").GetString());

        CommandLineResult Run(params string[] arguments) => CommandLineProcess.RunInShell(_folder.Path, WithCache + "exec \"$@\"", arguments).Expect(0);
    }

    [Fact]
    public void A_run_killed_in_the_middle_leaves_a_cache_that_is_right()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix signals");
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 30);
        string[] arguments = ["features", "photos", "--backbone", fixture.TinyBackbone, "--input-size", "224", "--batch-size", "1"];
        CommandLineResult killed = CommandLineProcess.RunInShell(_folder.Path,
            "export " + WithCache + """
            ; "$@" & pid=$!
            while kill -0 $pid && [ -z "$(find cache -name '*.features' -size +2 2>/dev/null)" ]; do sleep 0.01; done
            kill -9 $pid; wait $pid
            """, [.. arguments, "--output", "killed.npy"]);
        Assert.Equal(137, killed.ExitCode);
        Assert.False(File.Exists(_folder.File("killed.npy")));

        int found = CommandLineProcess.RunInShell(_folder.Path, WithCache + "exec \"$@\"", [.. arguments, "--output", "again.npy", "--json"]).Expect(0).Json.GetProperty("fromCache").GetInt32();
        Assert.InRange(found, 1, 89);
        CommandLineProcess.Run(_folder.Path, [.. arguments, "--output", "plain.npy"]).Expect(0);
        Assert.Equal(File.ReadAllBytes(_folder.File("plain.npy")), File.ReadAllBytes(_folder.File("again.npy")));
    }

    [Fact]
    public void A_home_that_can_not_be_written_is_a_warning()
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 5);
        File.WriteAllText(_folder.File("cache"), "no folder");
        CommandLineResult result = Train("model.zip", WithCache).Expect(0);
        Assert.Single(result.ErrorLines, line => line.StartsWith("warning: Features aren't kept for the next run: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_variable_that_makes_no_sense_is_one_sentence()
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 5);
        Assert.Contains("'much'", Train("model.zip", "VGGTRANSFER_FEATURE_CACHE=much ").Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_are_cleared_by_name_only()
    {
        Directory.CreateDirectory(_folder.File("cache"));
        File.WriteAllText(_folder.File("cache/vgg16-397923af.pth.part"), "12345");
        File.WriteAllText(_folder.File("cache/notes.txt"), "the user's own");
        Cache("clear").Expect(0);
        Assert.True(File.Exists(_folder.File("cache/vgg16-397923af.pth.part")));
        Assert.StartsWith("weights: ", Cache("clear", "--what", "weights").Expect(0).Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("cache/vgg16-397923af.pth.part")));
        Assert.True(File.Exists(_folder.File("cache/notes.txt")));
        Cache("clear", "--what", "everything").Expect(2);
    }

    private CommandLineResult Train(string output, string environment, params string[] more) => CommandLineProcess.RunInShell(
        _folder.Path, environment + "exec \"$@\"", ["train", "photos", "--output", output, "--backbone", fixture.TinyBackbone, "--input-size", "32", .. more]);

    private CommandLineResult Cache(params string[] arguments) => CommandLineProcess.RunInShell(_folder.Path, WithCache + "exec \"$@\"", ["cache", .. arguments]);

    private byte[] HeadOf(string model)
    {
        using ZipArchive archive = ZipFile.OpenRead(_folder.File(model));
        using Stream entry = archive.GetEntry("VggTransfer/head.safetensors")!.Open();
        using var head = new MemoryStream();
        entry.CopyTo(head);
        return head.ToArray();
    }
}
