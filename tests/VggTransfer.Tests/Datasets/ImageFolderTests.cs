using VggTransfer.Datasets;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Datasets;

public sealed class ImageFolderTests
{
    [Fact]
    public void Classes_and_images_come_in_ordinal_order()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "b/2.png", "b/10.JPG", "a/x.jpeg", "Zebra/z.webp", "a/deep/er/y.gif");

        ImageFolder images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.Equal(["Zebra", "a", "b"], images.Classes);
        Assert.Equal(["Zebra/z.webp Zebra", "a/deep/er/y.gif a", "a/x.jpeg a", "b/10.JPG b", "b/2.png b"], Listed(folder, images));
        Assert.Equal(0, images.IgnoredFiles);
        Assert.Empty(images.EmptyClasses);
    }

    [Fact]
    public void Hidden_and_other_files_are_left_out_and_counted()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.png", "a/.hidden.png", "a/Thumbs.db", "a/.cache/2.png", ".git/3.png", "a/notes.txt", "README.md");

        ImageFolder images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.Equal(["a/1.png a"], Listed(folder, images));
        Assert.Equal(3, images.IgnoredFiles);
    }

    [Fact]
    public void Classes_without_images_are_named()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.png", "text/1.txt");
        Directory.CreateDirectory(folder.File("empty"));

        ImageFolder images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.Equal(["a"], images.Classes);
        Assert.Equal(["empty", "text"], images.EmptyClasses);
    }

    [Theory]
    [InlineData("a/loop", "..")]
    [InlineData("a/loop", ".")]
    [InlineData("a/deep/loop", "../..")]
    [InlineData("a/other", "../b")]
    [InlineData("all", ".")]
    [InlineData("z", "a")]
    public void Links_give_no_image_twice_or_to_another_class(string link, string target)
    {
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.png", "b/2.png", "a/deep/3.png");
        Link(folder, link, target);

        ImageFolder images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.Equal(["a/1.png a", "a/deep/3.png a", "b/2.png b"], Listed(folder, images));
    }

    [Fact]
    public void Class_may_be_a_link_to_a_folder_elsewhere()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        Add(folder, "a/1.png");
        Add(elsewhere, "photos/2.png");
        Link(folder, "b", elsewhere.File("photos"));

        ImageFolder images = ImageFolder.Open(folder.Path, TestContext.Current.CancellationToken);

        Assert.Equal(["a/1.png a", "b/2.png b"], Listed(folder, images));
    }

    [Fact]
    public void Folder_may_itself_be_a_link()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "data/a/1.png", "data/b/2.png");
        Link(folder, "current", "data");

        ImageFolder images = ImageFolder.Open(folder.File("current"), TestContext.Current.CancellationToken);

        Assert.Equal(["current/a/1.png a", "current/b/2.png b"], Listed(folder, images));
    }

    [Fact]
    public void Classes_that_differ_only_in_case_are_refused()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "cat/1.png", "Cat/2.png");
        Assert.SkipWhen(Directory.GetDirectories(folder.Path).Length == 1, "needs a file system that tells upper from lower case");

        Refuses(folder.Path, "'Cat' and 'cat' differ only in upper and lower case");
    }

    [Fact]
    public void Images_lying_flat_are_refused_with_advice()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "1.png", "2.png");

        Refuses(folder.Path, "one subfolder for each class");
        Assert.Equal(2, ImageFolder.ListImages(folder.Path, TestContext.Current.CancellationToken).Count);
    }

    [Fact]
    public void What_is_no_folder_of_images_is_refused()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.txt");

        Refuses(folder.File("missing"), "there is no such folder");
        Refuses(folder.File("a/1.txt"), "it is a file");
        Refuses(folder.Path, "there are no images in it");
        Assert.Throws<InvalidImageFolderException>(() => ImageFolder.ListImages(folder.Path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Folder_that_may_not_be_listed_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix permissions");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "needs a user for whom permissions count");
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.png", "b/2.png");
        SetPermissions(folder.File("b"), UnixFileMode.None);
        try
        {
            Refuses(folder.Path, "give yourself permission", named: folder.File("b"));
        }
        finally
        {
            SetPermissions(folder.File("b"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        static void SetPermissions(string path, UnixFileMode mode)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, mode);
            }
        }
    }

    [Fact]
    public void Listing_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        Add(folder, "a/1.png");

        Assert.Throws<OperationCanceledException>(() => ImageFolder.Open(folder.Path, new CancellationToken(canceled: true)));
    }

    private static void Refuses(string path, string reason, string? named = null)
    {
        InvalidImageFolderException exception = Assert.Throws<InvalidImageFolderException>(() => ImageFolder.Open(path, TestContext.Current.CancellationToken));
        Assert.Equal(named ?? path, exception.Path);
        Assert.StartsWith($"'{named ?? path}' ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static void Add(TemporaryFolder folder, params string[] files)
    {
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
            File.WriteAllText(folder.File(file), "");
        }
    }

    private static void Link(TemporaryFolder folder, string link, string target)
    {
        try
        {
            Directory.CreateSymbolicLink(folder.File(link), target);
        }
        catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("needs the privilege to make links");
        }
    }

    private static IEnumerable<string> Listed(TemporaryFolder folder, ImageFolder images) =>
        images.Images.Select(image => $"{Path.GetRelativePath(folder.Path, image.Path).Replace('\\', '/')} {image.Label}");
}
