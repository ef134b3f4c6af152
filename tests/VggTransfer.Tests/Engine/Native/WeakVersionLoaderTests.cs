using TorchSharp;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: TorchSharp's own library, whose version demands <c>objdump -p</c> lists.</summary>
public sealed class WeakVersionLoaderTests
{
    private const string Newest = "GLIBCXX_3.4.32";

    [Fact]
    public void A_version_that_is_named_but_not_used_becomes_weak()
    {
        byte[] image = Library();
        byte[] original = [.. image];
        HashSet<string> available = [.. Needs(image).Select(need => need.Version).Where(version => version != Newest)];

        Assert.Equal([Newest], WeakVersionLoader.Weaken(image, available));

        int flags = Needs(original).Single(need => need.Version == Newest).FlagsPosition;
        Assert.Equal([flags], Enumerable.Range(0, image.Length).Where(i => image[i] != original[i]));
        Assert.Equal(original[flags] | 2, image[flags]);
    }

    [Fact]
    public void A_version_that_is_used_is_not_hidden()
    {
        byte[] image = Library();

        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => WeakVersionLoader.Weaken(image, new HashSet<string> { "GLIBCXX_3.4.9", "GLIBCXX_3.4.11" }));

        Assert.Contains("GLIBCXX_3.4.26", exception.Message, StringComparison.Ordinal);
        Assert.Contains("the newest version here is GLIBCXX_3.4.11", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Library(), image);
    }

    [Fact]
    public void Damaged_libraries_end_in_a_message()
    {
        byte[] image = Library();
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = i % 3 == 0 ? image[..random.Next(image.Length)] : [.. image];
            for (int k = 0; k < 20 && damaged.Length > 64; k++)
            {
                // The header, and the table of sections at the end.
                int at = k % 2 == 0 ? random.Next(64) : damaged.Length - 1 - random.Next(Math.Min(2500, damaged.Length));
                damaged[at] = (byte)random.Next(256);
            }

            Exception? exception = Record.Exception(() => WeakVersionLoader.Weaken(damaged, new HashSet<string>()));
            Assert.True(exception is null or InvalidDataException, exception?.ToString());
        }
    }

    [Fact]
    public void The_version_of_libtorch_is_the_one_that_TorchSharp_names()
    {
        TorchLibrary.Load();

        Assert.Equal(TorchLocations.LibtorchVersion + ".0", torch.__version__);
    }

    [Fact]
    public void What_somebody_named_is_searched_before_what_lies_about()
    {
        var variables = new Dictionary<string, string> { [TorchLocations.Variable] = "/named", ["NUGET_PACKAGES"] = "/packages" };
        var locations = new TorchLocations(variables.GetValueOrDefault, "/app");

        string[] folders = [.. locations.LibtorchFolders()];

        string rid = TorchLocations.RuntimeIdentifier;
        Assert.Equal(
            [Path.GetFullPath("/named"), Path.Combine("/app", "runtimes", rid, "native"), "/app", Path.Combine("/packages", $"libtorch-cpu-{rid}", "2.10.0", "runtimes", rid, "native")],
            folders);
    }

    private static IReadOnlyList<ElfVersionNeed> Needs(byte[] image) => [.. new ElfLibrary(image).NeededVersions()];

    private static byte[] Library()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        Assert.SkipUnless(File.Exists(path), "the output folder has no libLibTorchSharp.so");
        return File.ReadAllBytes(path);
    }
}
