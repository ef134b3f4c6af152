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

    [Fact]
    public void Formats_that_are_not_read_are_named() =>
        Assert.Contains(".safetensors", Features("--backbone", "weights.h5").Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_name_gives_the_names_there_are() =>
        Assert.Contains("vgg16-imagenet-conv", Features("--backbone", "vgg99").Expect(1).ErrorSentence, StringComparison.Ordinal);

    private CommandLineResult Features(params string[] options) => CommandLineProcess.Run(fixture.Folder, ["features", "photos", "-o", "never.csv", .. options]);
}
