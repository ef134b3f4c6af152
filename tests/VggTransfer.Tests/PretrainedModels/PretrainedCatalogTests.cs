using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.PretrainedModels;

public sealed class PretrainedCatalogTests
{
    [Fact]
    public void Default_catalog_has_every_published_file() =>
        Assert.Equal(
            [
                "vgg16-imagenet-keras", "vgg16-imagenet-keras-notop", "vgg16-imagenet-torchvision", "vgg16-imagenet-timm", "vgg16-imagenet-onnx-7", "vgg16-imagenet-onnx-12", "vgg16-imagenet-oxford",
                "vgg19-imagenet-keras", "vgg19-imagenet-keras-notop", "vgg19-imagenet-torchvision", "vgg19-imagenet-timm", "vgg19-imagenet-onnx-7", "vgg19-imagenet-oxford",
            ],
            PretrainedCatalog.Default.Entries.Select(entry => entry.Name));

    // Oracle: the reference page, where each fact stands as text.
    [Fact]
    public void Facts_are_those_of_the_reference_page()
    {
        string page = File.ReadAllText(SharedData.Require("reference/pretrained-weights.md"));
        foreach (PretrainedEntry entry in PretrainedCatalog.Default.Entries)
        {
            foreach (string? fact in new[] { entry.Md5, entry.Sha256, entry.Sha256Prefix, entry.Bytes?.ToString(System.Globalization.CultureInfo.InvariantCulture) })
            {
                Assert.True(fact is null || page.Contains(fact, StringComparison.Ordinal), $"{entry.Name}: {fact}");
            }

            if (entry.Top1Accuracy is not null)
            {
                string format = entry.Name.EndsWith("torchvision", StringComparison.Ordinal) ? "{0:0.000}/{1:0.000}" : "{0:0.00}/{1:0.00}";
                Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, entry.Top1Accuracy, entry.Top5Accuracy), page, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Entry_says_family_architecture_and_checksum()
    {
        PretrainedEntry keras = PretrainedCatalog.Default.Find("VGG19-imagenet-keras-notop")!;
        Assert.Equal((PreprocessingFamily.KerasCaffe, WeightsFormat.KerasH5, "CC-BY-4.0", true), (keras.Preprocessing, keras.Format, keras.Licence, keras.HasChecksum));
        Assert.Equal(20_024_384, keras.Architecture.ParameterCount);
        PretrainedEntry torchvision = PretrainedCatalog.Default.Find("vgg16-imagenet-torchvision")!;
        Assert.Equal((PreprocessingFamily.Torchvision, "397923af", 71.592), (torchvision.Preprocessing, torchvision.Sha256Prefix, torchvision.Top1Accuracy));
        Assert.Equal(138_357_544, torchvision.Architecture.ParameterCount);
        Assert.False(PretrainedCatalog.Default.Find("vgg16-imagenet-oxford")!.HasChecksum);
        Assert.Null(PretrainedCatalog.Default.Find("vgg16"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"format_version":2,"entries":[]}""")]
    [InlineData("""{"format_version":1,"entries":null}""")]
    [InlineData("""{"format_version":1,"entries":[{}]}""")]
    [InlineData("""{"format_version":1,"entries":[],"more":1}""")]
    public void Malformed_catalog_is_refused(string json) => Assert.Throws<FormatException>(() => PretrainedCatalog.Parse(json));

    [Theory]
    [InlineData("../x", "f", "https://x.example/", null)]
    [InlineData("x", "../f", "https://x.example/", null)]
    [InlineData("x", ".f", "https://x.example/", null)]
    [InlineData("x", "f", "http://x.example/", null)]
    [InlineData("x", "f", "file:///etc/passwd", null)]
    [InlineData("x", "f", "https://x.example/", "ABCD")]
    public void Entry_that_could_do_harm_is_refused(string name, string file, string address, string? sha256) =>
        Assert.Throws<ArgumentException>(() => new PretrainedCatalog([Entry(name, file, address) with { Sha256 = sha256 }]));

    [Fact]
    public void Two_entries_cant_share_a_name_or_a_file()
    {
        Assert.Throws<ArgumentException>(() => new PretrainedCatalog([Entry("a", "f", "https://x.example/"), Entry("a", "g", "https://x.example/")]));
        Assert.Throws<ArgumentException>(() => new PretrainedCatalog([Entry("a", "f", "https://x.example/"), Entry("b", "F", "https://x.example/")]));
    }

    // Oracle: the XDG Base Directory Specification, Apple's and Microsoft's conventions.
    [Theory]
    [InlineData("Xdg", "HOME=/home/me", "/home/me/.cache/vggtransfer")]
    [InlineData("Xdg", "HOME=/home/me;XDG_CACHE_HOME=/big", "/big/vggtransfer")]
    [InlineData("Xdg", "HOME=/home/me;XDG_CACHE_HOME=relative", "/home/me/.cache/vggtransfer")]
    [InlineData("MacOS", "HOME=/Users/me", "/Users/me/Library/Caches/vggtransfer")]
    [InlineData("Windows", "LOCALAPPDATA=/AppData/Local", "/AppData/Local/vggtransfer")]
    [InlineData("Xdg", "HOME=/home/me;VGGTRANSFER_CACHE=/own", "/own")]
    public void Cache_is_where_the_platform_keeps_caches(string platform, string variables, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are those of Unix");
        Dictionary<string, string> environment = variables.Split(';').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(expected, CacheLocation.Resolve(null, environment.GetValueOrDefault, Enum.Parse<CacheLocation.Platform>(platform)));
        Assert.Equal("/said", CacheLocation.Resolve("/said", environment.GetValueOrDefault, Enum.Parse<CacheLocation.Platform>(platform)));
    }

    [Fact]
    public void Without_a_home_the_cache_must_be_named() =>
        Assert.Throws<ArgumentException>(() => CacheLocation.Resolve(null, _ => null, CacheLocation.Platform.Xdg));

    private static PretrainedEntry Entry(string name, string file, string address) => new()
    {
        Name = name,
        File = file,
        Address = new Uri(address),
        Format = WeightsFormat.Safetensors,
        Preprocessing = PreprocessingFamily.Torchvision,
        Architecture = new VggArchitecture(),
    };
}
