using System.Text.Json;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class SimilarCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_like_is_found_kept_and_shown()
    {
        string photos = DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 5);
        string query = Path.Combine(photos, "circles", "01.png");
        string outside = _folder.File("outside.png");
        File.Copy(query, outside);
        JsonElement json = Similar("--query", query, outside, "--top", "3", "--index", "photos.index", "--report", "similar.html", "--json").Expect(0).Json;
        Assert.Equal((15, 15, 0), (json.GetProperty("images").GetInt32(), json.GetProperty("added").GetInt32(), json.GetProperty("kept").GetInt32()));
        JsonElement[] queries = [.. json.GetProperty("queries").EnumerateArray()];
        Assert.Equal(2, queries.Length);
        Assert.All(queries, found => Assert.Equal(3, found.GetProperty("similar").GetArrayLength()));

        // A query from the folder isn't its own answer; its copy from elsewhere finds it.
        Assert.DoesNotContain(queries[0].GetProperty("similar").EnumerateArray(), item => item.GetProperty("path").GetString()!.EndsWith("circles/01.png", StringComparison.Ordinal));
        JsonElement first = queries[1].GetProperty("similar")[0];
        Assert.Equal(Path.Combine("photos", "circles", "01.png"), first.GetProperty("path").GetString());
        Assert.InRange(first.GetProperty("similarity").GetDouble(), 0.999, 1);
        Assert.Contains("data:image/jpeg;base64,", File.ReadAllText(_folder.File("similar.html")), StringComparison.Ordinal);

        // Again, with one more.
        DrawnPhotos.DrawClass(photos, "new", 1, seed: 9);
        CommandLineResult again = Similar("--query", outside, "--index", "photos.index").Expect(0);
        Assert.Contains("16 images indexed (1 new, 15 known before, 0 gone)", again.Output, StringComparison.Ordinal);
        Assert.Equal(["outside.png", "photos", "photos.index", "similar.html"], new DirectoryInfo(_folder.Path).EnumerateFileSystemInfos().Select(item => item.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("There is no file or folder 'missing.jpg'", "--query", "missing.jpg")]
    [InlineData("'text.jpg'", "--query", "text.jpg")]
    [InlineData("isn't a usable similar-images index file", "--query", "photos", "--index", "text.jpg")]
    public void What_cannot_be_done_is_one_sentence(string expected, params string[] arguments)
    {
        DrawnPhotos.DrawClass(_folder.File("photos"), "circles", 2);
        File.WriteAllText(_folder.File("text.jpg"), "no picture at all");
        Assert.Contains(expected, Similar(arguments).Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Equal("no picture at all", File.ReadAllText(_folder.File("text.jpg")));
    }

    private CommandLineResult Similar(params string[] arguments) =>
        CommandLineProcess.Run(_folder.Path, ["similar", "photos", "--backbone", fixture.TinyBackbone, .. arguments]);
}
