using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class BackboneOptionTests(CliFixture fixture)
{
    [Fact]
    public void The_shipped_backbone_has_no_fc7_and_says_what_to_do() =>
        Assert.Contains("no fc7", Features("--layer", "fc7").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_does_not_say_its_preprocessing_needs_the_option() =>
        Assert.Contains("--preprocessing is needed", Features("--backbone", fixture.SilentBackbone).Expect(2).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void The_option_contradicting_the_file_is_refused() =>
        Assert.Contains("--preprocessing contradicts", Features("--backbone", fixture.TinyBackbone, "--preprocessing", "keras").Expect(2).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void The_option_makes_a_silent_file_usable()
    {
        string output = Path.Combine(fixture.Folder, "silent.csv");
        CommandLineProcess.Run(fixture.Folder, "features", "photos", "-o", output, "--backbone", fixture.SilentBackbone, "--preprocessing", "torchvision").Expect(0);
        string silent = File.ReadAllText(output);
        CommandLineProcess.Run(fixture.Folder, "features", "photos", "-o", output, "--backbone", fixture.TinyBackbone).Expect(0);
        Assert.Equal(silent, File.ReadAllText(output));
    }

    [Theory]
    [InlineData(".h5")]
    [InlineData(".pth")]
    [InlineData(".onnx")]
    public void A_file_of_any_format_gives_the_same_features(string extension)
    {
        string file = Path.Combine(fixture.Folder, "same" + extension);
        using (VggModel model = SafetensorsModelReader.Read(fixture.TinyBackbone))
        {
            WeightsFile.Write(model, file, cancellationToken: TestContext.Current.CancellationToken);
        }

        string output = Path.Combine(fixture.Folder, "same.csv");
        CommandLineProcess.Run(fixture.Folder, "features", "photos", "-o", output, "--backbone", fixture.TinyBackbone).Expect(0);
        string expected = File.ReadAllText(output);
        CommandLineProcess.Run(fixture.Folder, "features", "photos", "-o", output, "--backbone", file).Expect(0);

        Assert.Equal(expected, File.ReadAllText(output));
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("weights.h5", Features("--backbone", "weights.h5").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void Published_weights_that_are_not_here_say_how_to_get_them() =>
        Assert.Contains("weights pull vgg16-imagenet-keras", Features("--backbone", "vgg16-imagenet-keras").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void Training_says_which_features_it_takes_and_what_full_weights_would_add()
    {
        string full = Path.Combine(fixture.Folder, "fc7.pth");
        using (VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny, PreprocessingFamily.Torchvision))
        {
            WeightsFile.Write(model, full, cancellationToken: TestContext.Current.CancellationToken);
        }

        CommandLineResult withTop = CommandLineProcess.Run(fixture.Folder, "train", "photos", "-o", "fc7.zip", "--backbone", full, "--json").Expect(0);
        CommandLineResult withoutTop = CommandLineProcess.Run(fixture.Folder, "train", "photos", "-o", "conv.zip", "--backbone", fixture.TinyBackbone, "--input-size", "32").Expect(0);

        Assert.Equal("fc7", withTop.Json.GetProperty("layer").GetString());
        Assert.Single(withTop.ErrorLines, line => line.StartsWith("Features come from fc7", StringComparison.Ordinal));
        Assert.Single(withoutTop.ErrorLines, line => line.StartsWith("This backbone has its convolutions only.", StringComparison.Ordinal) && line.Contains("fc7", StringComparison.Ordinal));
    }

    [Fact]
    public void Full_weights_in_the_cache_are_the_default_and_training_takes_their_fc7()
    {
        // A narrow network in the place of the published one: a real one has 550 MB.
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, "cache")).FullName;
        PretrainedEntry entry = PretrainedCatalog.Default.Find("vgg16-imagenet-keras")!;
        var cache = new PretrainedCache(entry, folder);
        var source = new FileHashes(entry.Bytes ?? 1, new string('0', 64), entry.Md5!);
        string ready = cache.ReadyPath(source);
        using (VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny, PreprocessingFamily.KerasCaffe))
        {
            WeightsFile.Write(model, ready, cancellationToken: TestContext.Current.CancellationToken);
        }

        cache.WriteRecord(new CacheRecord
        {
            SourceBytes = source.Bytes,
            SourceSha256 = source.Sha256,
            SourceMd5 = source.Md5,
            ReadyFile = Path.GetFileName(ready),
            ReadyBytes = new FileInfo(ready).Length,
            ReadySha256 = new string('0', 64),
        });

        CommandLineResult result = CommandLineProcess.RunInShell(fixture.Folder, $"VGGTRANSFER_CACHE='{folder}' \"$@\"", "train", "photos", "-o", "cached.zip", "--json").Expect(0);

        Assert.Equal("fc7", result.Json.GetProperty("layer").GetString());
        Assert.Equal("vgg16-imagenet-keras", result.Json.GetProperty("backbone").GetProperty("name").GetString());
        Assert.Single(result.ErrorLines, line => line.Contains("--backbone vgg16-imagenet-conv takes the embedded convolutions", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_name_gives_the_names_there_are() =>
        Assert.Contains("vgg16-imagenet-conv", Features("--backbone", "vgg99").Expect(1).ErrorSentence, StringComparison.Ordinal);

    private CommandLineResult Features(params string[] options) => CommandLineProcess.Run(fixture.Folder, ["features", "photos", "-o", "never.csv", .. options]);
}
