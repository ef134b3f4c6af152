using System.Text.Json;
using SkiaSharp;
using VggTransfer.Tests.DataQuality;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class CheckCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_tells_everything_and_the_report_needs_nothing_else()
    {
        string photos = Draw();
        CommandLineResult result = Check(photos, "--backbone", fixture.TinyBackbone, "--input-size", "32", "--json", "--report", "check <b>.html").Expect(0);
        JsonElement json = result.Json;
        Assert.Equal(26, json.GetProperty("images").GetInt32());
        Assert.Equal(32, json.GetProperty("features").GetProperty("inputSize").GetInt32());
        Assert.Equal("cut.jpg", Path.GetFileName(Assert.Single(json.GetProperty("unreadable").EnumerateArray()).GetProperty("image").GetProperty("path").GetString()));
        JsonElement group = Assert.Single(json.GetProperty("duplicates").EnumerateArray());
        Assert.True(group.GetProperty("crossesClasses").GetBoolean());
        Assert.Equal("same-file", group.GetProperty("copies")[0].GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("moves").ValueKind);
        string html = File.ReadAllText(_folder.File("check <b>.html"));
        Assert.Contains("data:image/jpeg;base64,", html, StringComparison.Ordinal);
        Assert.Contains("cut.jpg", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith("Backbone tiny.safetensors", result.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Proposals_are_moved_and_moved_back_and_exit_codes_tell()
    {
        string photos = Draw();
        string[] before = Listing(photos);
        CommandLineResult found = Check(photos, "--quick", "--exit-code").Expect(3);
        Assert.Contains("Next: look at them, then vggtransfer check photos --move-to DIR", found.Output, StringComparison.Ordinal);
        CommandLineResult moved = Check(photos, "--quick", "--move-to", "aside", "--json").Expect(0);
        Assert.Equal(["unreadable", "exact-duplicate"], moved.Json.GetProperty("moves").EnumerateArray().Select(move => move.GetProperty("problem").GetString()));
        Assert.Equal(24, Listing(photos).Length);
        Check(photos, "--quick", "--exit-code").Expect(0);
        Assert.Contains("2 of 2 images are back", Check(photos, "--undo", "aside").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(before, Listing(photos));

        Check(photos, "--quick", "--move-to", "aside", "--move", "unreadable").Expect(0);
        Assert.Equal(["aside/moves.jsonl", "aside/unreadable/circles/cut.jpg"], Listing(_folder.File("aside")).Select(file => Path.GetRelativePath(_folder.Path, file)));
    }

    [Fact]
    public void Images_without_classes_are_checked_as_well()
    {
        string flat = Directory.CreateDirectory(_folder.File("flat")).FullName;
        for (int seed = 0; seed < 5; seed++)
        {
            using SKBitmap scene = DrawnScenes.Draw(seed);
            DrawnScenes.Write(Path.Combine(flat, $"{seed}.png"), scene);
        }

        File.Copy(Path.Combine(flat, "3.png"), Path.Combine(flat, "copy of 3.png"));
        JsonElement json = Check(flat, "--quick", "--json").Expect(0).Json;
        Assert.Equal(6, json.GetProperty("images").GetInt32());
        Assert.Equal(1, json.GetProperty("duplicates").GetArrayLength());
    }

    [Fact]
    public void Leakage_between_folders_is_told()
    {
        string photos = DrawScenes("photos", 0);
        string validation = DrawScenes("validation", 100);
        File.Copy(Path.Combine(photos, "a", "1.png"), Path.Combine(validation, "a", "again.png"));
        CommandLineResult result = Check(photos, "--validation", "validation", "--quick").Expect(0);
        Assert.Contains("same bytes, learnt from and validated on", result.Output, StringComparison.Ordinal);
        Assert.Contains("among those to train on", Check(photos, "--validation", "photos", "--quick").Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_warns_of_leakage()
    {
        string photos = DrawnPhotos.DrawFolder(_folder.File("photos"));
        string validation = DrawnPhotos.DrawFolder(_folder.File("validation"), perClass: 3, seed: 2);
        File.Copy(Path.Combine(photos, "circles", "01.png"), Path.Combine(validation, "circles", "again.png"));
        CommandLineResult result = CommandLineProcess.Run(_folder.Path, "train", "photos", "-o", "m.zip", "--validation", "validation", "--backbone", fixture.TinyBackbone, "--input-size", "32", "--json").Expect(0);
        Assert.Single(result.Json.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.StartsWith("1 image to validate on is among those to learn from", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, "checked again", "--quick", "--move-to", "photos/aside")]
    [InlineData(2, "'broken' is nothing that is moved", "--quick", "--move-to", "aside", "--move", "broken")]
    [InlineData(2, "--move says what --move-to moves", "--quick", "--move", "odd")]
    [InlineData(2, "exclude each other", "--undo", "aside", "--move-to", "aside")]
    [InlineData(1, "There is no", "--undo", "aside")]
    [InlineData(2, "--label-support must be a number 0 to 1", "--label-support", "2")]
    [InlineData(1, "of --report doesn't exist", "--report", "nowhere/check.html")]
    public void What_makes_no_sense_is_refused_before_the_work(int exitCode, string expected, params string[] arguments)
    {
        string photos = DrawScenes("photos", 0);
        string[] before = Listing(photos);
        Assert.Contains(expected, Check(photos, arguments).Expect(exitCode).Error, StringComparison.Ordinal);
        Assert.Equal(before, Listing(photos));
    }

    private CommandLineResult Check(string photos, params string[] arguments) => CommandLineProcess.Run(_folder.Path, ["check", Path.GetFileName(photos), .. arguments]);

    /// <summary>Three classes of eight, a broken file, and a copy in another class.</summary>
    private string Draw()
    {
        string photos = _folder.File("photos");
        for (int i = 0; i < 24; i++)
        {
            using SKBitmap scene = DrawnScenes.Draw(i);
            DrawnScenes.Write(Path.Combine(photos, DrawnPhotos.Classes[i % 3], $"{i:00}.png"), scene);
        }

        File.WriteAllText(Path.Combine(photos, "circles", "cut.jpg"), "no picture");
        File.Copy(Path.Combine(photos, "circles", "04.png"), Path.Combine(photos, "stripes", "copy.png"));
        return photos;
    }

    private string DrawScenes(string name, int seed)
    {
        for (int i = 0; i < 4; i++)
        {
            using SKBitmap scene = DrawnScenes.Draw(seed + i);
            DrawnScenes.Write(Path.Combine(_folder.File(name), i % 2 == 0 ? "b" : "a", $"{i}.png"), scene);
        }

        return _folder.File(name);
    }

    private static string[] Listing(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
