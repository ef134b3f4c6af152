using System.Text.Json;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class QuantizeCommandTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_trained_model_is_quantised_and_judged_before_and_after()
    {
        CommandLineProcess.Run(_folder.Path, "train", fixture.Photos, "-o", "m.zip", "--backbone", fixture.TinyBackbone, "--input-size", "32", "--precision", "fp32", "--l2", "10").Expect(0);

        JsonElement json = CommandLineProcess.Run(_folder.Path, "quantize", "m.zip", "--calibration", fixture.Photos, "--evaluate", fixture.TestPhotos, "-o", "q.zip", "--json").Expect(0).Json;

        Assert.Equal(new FileInfo(_folder.File("m.zip")).Length, json.GetProperty("modelBytes").GetInt64());
        Assert.Equal(new FileInfo(_folder.File("q.zip")).Length, json.GetProperty("bytes").GetInt64());
        Assert.Equal("measured", json.GetProperty("ranges").GetString());
        Assert.Equal((18, 6), (json.GetProperty("calibrationImages").GetInt32(), json.GetProperty("comparedImages").GetInt32()));
        Assert.Equal(["min-max", "percentile", "entropy"], json.GetProperty("trials").EnumerateArray().Select(trial => trial.GetProperty("method").GetString()));
        Assert.Equal(9, json.GetProperty("accuracy").GetProperty("images").GetInt32());
        Assert.InRange(json.GetProperty("accuracy").GetProperty("int8").GetDouble(), json.GetProperty("accuracy").GetProperty("fp32").GetDouble() - 0.12, 1);
        CommandLineResult evaluated = CommandLineProcess.Run(_folder.Path, "evaluate", "q.zip", fixture.TestPhotos, "--tta").Expect(0);
        Assert.Contains(", int8, CPU, ", evaluated.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("8-bit integers already", CommandLineProcess.Run(_folder.Path, "quantize", "q.zip", "-o", "r.zip").Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backbone_gets_its_ranges_and_keeps_its_weights()
    {
        CommandLineResult result = CommandLineProcess.Run(_folder.Path, "quantize", fixture.TinyBackbone, "--calibration", fixture.Photos, "--method", "min-max", "-o", "q.safetensors").Expect(0);

        Assert.Contains("the largest value", result.Output, StringComparison.Ordinal);
        using WeightsContent before = WeightsFile.Read(fixture.TinyBackbone);
        using WeightsContent after = WeightsFile.Read(_folder.File("q.safetensors"));
        RandomModels.AssertSameTensors(before.Model, after.Model);
        Assert.Equal(8, after.Model.ActivationRanges!.Count);

        // With them, neither features nor a graph need images.
        CommandLineProcess.Run(_folder.Path, "features", fixture.TestPhotos, "-o", "f.csv", "--backbone", "q.safetensors", "--precision", "int8").Expect(0);
        CommandLineResult graph = CommandLineProcess.Run(_folder.Path, "quantize", "q.safetensors", "-o", "q.onnx", "--output-layers", "block4_pool:avg,block5_pool:avg").Expect(0);
        Assert.Contains("The ranges are those that the network came with", graph.Output, StringComparison.Ordinal);
        using WeightsContent integers = WeightsFile.Read(_folder.File("q.onnx"));
        Assert.Equal(after.Model.Architecture, integers.Model.Architecture);
    }

    [Theory]
    [InlineData("quantize tiny -o q.onnx", "aren't known, and int8 needs them")]
    [InlineData("features photos -o f.csv --backbone tiny --precision int8", "'vggtransfer quantize'")]
    public void Missing_ranges_say_what_to_do(string line, string expected)
    {
        string[] arguments = [.. line.Split(' ').Select(word => word == "tiny" ? fixture.TinyBackbone : word == "photos" ? fixture.Photos : word)];

        Assert.Contains(expected, CommandLineProcess.Run(_folder.Path, arguments).Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("quantize m.zip -o q.onnx", "--output must end in .zip, .mlnet for a model file, and is 'q.onnx'.")]
    [InlineData("quantize m.mlnet -o q.mlnet --input-size 64", "--input-size is for backbones only, and MODEL is 'm.mlnet'.")]
    [InlineData("quantize b.pth -o q.zip", "--output must end in .onnx or .safetensors for a backbone, and is 'q.zip'.")]
    [InlineData("quantize m.zip -o q.zip --input-size 64", "--input-size is for backbones only, and MODEL is 'm.zip'.")]
    [InlineData("quantize b.pth -o q.onnx --evaluate photos", "--evaluate is for model files only, and MODEL is 'b.pth'.")]
    [InlineData("quantize b.pth -o q.safetensors --output-layers fc7", "--output-layers is for ONNX files only, and --output is 'q.safetensors'.")]
    [InlineData("quantize b.pth -o q.onnx --method best", "--method must be one of auto, min-max, percentile, entropy, and is 'best'.")]
    [InlineData("train photos -o q.zip --precision fp16", "--precision must be one of auto, int8, fp32, and is 'fp16'.")]
    public void Wrong_usage_names_the_option(string line, string expected) =>
        Assert.Contains(expected, CommandLineProcess.Run(_folder.Path, line.Split(' ')).Expect(2).Error, StringComparison.Ordinal);

    [Fact]
    public void Strict_fails_at_a_bad_image_and_writes_nothing()
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 2);
        File.WriteAllText(_folder.File("photos/circles/text.jpg"), "no picture");

        CommandLineResult strict = CommandLineProcess.Run(_folder.Path, "quantize", fixture.TinyBackbone, "--calibration", "photos", "-o", "q.onnx", "--strict").Expect(1);
        Assert.Contains("text.jpg", strict.ErrorSentence, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("q.onnx")));
        JsonElement json = CommandLineProcess.Run(_folder.Path, "quantize", fixture.TinyBackbone, "--calibration", "photos", "-o", "q.onnx", "--json").Expect(0).Json;
        Assert.Equal(1, json.GetProperty("skipped").GetArrayLength());
    }
}
