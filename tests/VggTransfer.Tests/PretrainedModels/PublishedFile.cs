using System.Security.Cryptography;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.PretrainedModels;

/// <summary>A small "published" file, its catalog, and a cache of the test's own.</summary>
internal sealed class PublishedFile : IDisposable
{
    public const string Name = "vgg11-tiny";

    private static readonly VggArchitecture s_architecture = new() { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, DenseUnits = 16, Classes = 4 };

    private readonly TemporaryFolder _folder = new();

    public PublishedFile()
    {
        using VggModel model = RandomModels.Create(s_architecture);
        SafetensorsModelWriter.Write(model, _folder.File("made"));
        Content = File.ReadAllBytes(_folder.File("made"));
    }

    public byte[] Content { get; }

    public string Cache => _folder.File("cache");

    public string SourcePath => Path.Combine(Cache, "tiny.safetensors");

    /// <summary>What is in the cache, but for locks.</summary>
    public IEnumerable<string?> Left => Directory.Exists(Cache) ? Directory.GetFiles(Cache).Select(Path.GetFileName).Where(file => !file!.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal) : [];

    public PretrainedEntry Entry(Uri address) => new()
    {
        Name = Name,
        File = "tiny.safetensors",
        Address = address,
        Format = WeightsFormat.Safetensors,
        Bytes = Content.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Content)),
        Licence = "CC0-1.0",
        Preprocessing = PreprocessingFamily.Torchvision,
        Architecture = s_architecture,
    };

    public PretrainedOptions Options(Uri address) => Options(Entry(address));

    public PretrainedOptions Options(PretrainedEntry entry) => new()
    {
        Catalog = new PretrainedCatalog([entry]),
        CacheFolder = Cache,
        FirstPause = TimeSpan.Zero,
        LongestPause = TimeSpan.Zero,
    };

    public void AssertReady(string path)
    {
        Assert.Equal(["tiny.safetensors", $"{Name}.{Entry(new Uri("https://x.example")).Sha256![..16]}.safetensors", Name + ".json"], Left);
        Assert.Equal(Content, File.ReadAllBytes(SourcePath));
        Assert.Equal(Cache, Path.GetDirectoryName(path));
        using VggModel model = SafetensorsModelReader.Read(path);
        using VggModel expected = RandomModels.Create(s_architecture);
        RandomModels.AssertSameTensors(expected, model);
        Assert.Equal(PreprocessingFamily.Torchvision, model.Preprocessing);
        Assert.Equal("CC0-1.0", model.Provenance.Licence);
        Assert.Equal(Name, model.Provenance.Name);
    }

    public void Dispose() => _folder.Dispose();
}
