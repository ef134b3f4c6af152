using VggTransfer.DataQuality;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.DataQuality;

public sealed class ImageMovesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Photos => _folder.File("photos");

    private string Aside => _folder.File("aside");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_go_with_their_relative_paths_and_come_back()
    {
        ProposedMove[] proposals = [Propose("cat/deep/1.jpg", ImageProblem.NearDuplicate), Propose("dog/1.jpg", ImageProblem.SuspectedLabel)];
        string kept = Write("dog/2.jpg");
        string before = Listing();
        IReadOnlyList<MovedImage> moved = ImageMoves.Apply(proposals, [Photos], Aside, TestContext.Current.CancellationToken);
        Assert.Equal([Path.Combine(Aside, "near-duplicate", "cat", "deep", "1.jpg"), Path.Combine(Aside, "suspected-label", "dog", "1.jpg")], moved.Select(move => move.To));
        Assert.Equal(["cat/deep/1.jpg", "dog/1.jpg"], moved.Select(move => File.ReadAllText(move.To)));
        Assert.Equal([kept], Directory.EnumerateFiles(Photos, "*", SearchOption.AllDirectories));

        (IReadOnlyList<MovedImage> undone, IReadOnlyList<MovedImage> blocked) = ImageMoves.Undo(Aside, [Photos], TestContext.Current.CancellationToken);
        Assert.Equal(moved.Reverse(), undone);
        Assert.Empty(blocked);
        Assert.Equal(before, Listing());
        Assert.Throws<FileNotFoundException>(() => ImageMoves.Undo(Aside, [Photos], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Nothing_is_overwritten_on_either_way()
    {
        ImageMoves.Apply([Propose("cat/1.jpg", ImageProblem.Odd)], [Photos], Aside, TestContext.Current.CancellationToken);
        MovedImage second = Assert.Single(ImageMoves.Apply([Propose("cat/1.jpg", ImageProblem.Odd, "another")], [Photos], Aside, TestContext.Current.CancellationToken));
        Assert.Equal(Path.Combine(Aside, "odd", "cat", "1 (2).jpg"), second.To);
        Assert.Equal(("cat/1.jpg", "another"), (File.ReadAllText(Path.Combine(Aside, "odd", "cat", "1.jpg")), File.ReadAllText(second.To)));

        // Both were at one place: the last comes back, the first is told to stay.
        (IReadOnlyList<MovedImage> undone, IReadOnlyList<MovedImage> blocked) = ImageMoves.Undo(Aside, [Photos], TestContext.Current.CancellationToken);
        Assert.Equal(second, Assert.Single(undone));
        Assert.Equal(Path.Combine(Aside, "odd", "cat", "1.jpg"), Assert.Single(blocked).To);
        Assert.Equal("another", File.ReadAllText(Path.Combine(Photos, "cat", "1.jpg")));
        Assert.True(File.Exists(Path.Combine(Aside, ImageMoves.LogName)));
    }

    [Fact]
    public void A_move_that_was_cut_short_can_be_undone()
    {
        MovedImage moved = ImageMoves.Apply([Propose("cat/1.jpg", ImageProblem.Odd)], [Photos], Aside, TestContext.Current.CancellationToken)[0];
        File.AppendAllText(Path.Combine(Aside, ImageMoves.LogName), "{\"from\":\"/ph");
        Assert.Equal([moved], ImageMoves.Undo(Aside, [Photos], TestContext.Current.CancellationToken).Undone);
        Assert.Equal("cat/1.jpg", File.ReadAllText(moved.From));
    }

    [Theory]
    [InlineData("""{"from":"PHOTOS/../elsewhere/x.jpg","to":"ASIDE/x.jpg","problem":"odd","reason":""}""")]
    [InlineData("""{"from":"/etc/x.jpg","to":"ASIDE/x.jpg","problem":"odd","reason":""}""")]
    [InlineData("""{"from":"PHOTOS/x.jpg","to":"ASIDE/../photos/secret","problem":"odd","reason":""}""")]
    [InlineData("""{"from":"PHOTOS-2/x.jpg","to":"ASIDE/x.jpg","problem":"odd","reason":""}""")]
    [InlineData("""{"from":null,"to":"ASIDE/x.jpg"}""")]
    [InlineData("null")]
    [InlineData("not JSON\n{}")]
    public void A_log_that_names_files_elsewhere_moves_nothing(string log)
    {
        Directory.CreateDirectory(Photos);
        Directory.CreateDirectory(Aside);
        File.WriteAllText(Path.Combine(Photos, "secret"), "x");
        File.WriteAllText(Path.Combine(Aside, "x.jpg"), "x");
        File.WriteAllText(Path.Combine(Aside, ImageMoves.LogName), log.Replace("PHOTOS", Photos, StringComparison.Ordinal).Replace("ASIDE", Aside, StringComparison.Ordinal));
        Assert.Throws<InvalidDataException>(() => ImageMoves.Undo(Aside, [Photos], TestContext.Current.CancellationToken));
        Assert.True(File.Exists(Path.Combine(Aside, "x.jpg")));
        Assert.True(File.Exists(Path.Combine(Photos, "secret")));
    }

    [Fact]
    public void A_place_within_the_images_is_refused()
    {
        ProposedMove proposal = Propose("cat/1.jpg", ImageProblem.Odd);
        Assert.Contains("checked again", Assert.Throws<ArgumentException>(() => ImageMoves.Apply([proposal], [Photos], Path.Combine(Photos, "aside"), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ImageMoves.Apply([proposal], [_folder.File("other")], Aside, TestContext.Current.CancellationToken));
        Assert.True(File.Exists(proposal.Image.Path));
    }

    private ProposedMove Propose(string relative, ImageProblem problem, string? content = null) => new(new CheckedImage(Write(relative, content), "", false), problem, "is so");

    private string Write(string relative, string? content = null)
    {
        string path = Path.Combine(Photos, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content ?? relative);
        return path;
    }

    private string Listing() => string.Join('\n', Directory.EnumerateFiles(Photos, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => $"{path}: {File.ReadAllText(path)}"));
}
