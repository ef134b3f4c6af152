using System.Text.Json;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.PretrainedModels;
using VggTransfer.Weights;
using VggTransfer.Weights.Formats.PyTorch;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class WeightsCommandTests(CliFixture fixture)
{
    private string Full
    {
        get
        {
            string path = Path.Combine(fixture.Folder, "full.pth");
            if (!File.Exists(path))
            {
                using VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny, PreprocessingFamily.Torchvision);
                PyTorchModelWriter.Write(new VggModel(model.Architecture, model.Tensors.Values) { Labels = ["left", "right"] }, path, cancellationToken: TestContext.Current.CancellationToken);
            }

            return path;
        }
    }

    private string NewFolder => Directory.CreateDirectory(Path.Combine(fixture.Folder, Guid.NewGuid().ToString("N"))).FullName;

    [Fact]
    public void Inspect_prints_what_a_file_holds()
    {
        JsonElement json = Run("inspect", Full, "--json").Expect(0).Json;

        Assert.Equal("py-torch", json.GetProperty("format").GetString());
        Assert.Equal("VGG11, width 0.015625", json.GetProperty("architecture").GetProperty("name").GetString());
        Assert.Equal(RandomModels.Tiny.ParameterCount, json.GetProperty("parameters").GetInt64());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("preprocessing").ValueKind);
        Assert.Equal(["left", "right"], json.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!));
        Assert.Equal(new FileInfo(Full).Length, json.GetProperty("bytes").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Full))), json.GetProperty("sha256").GetString());
        JsonElement[] tensors = [.. json.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(RandomModels.Tiny.Tensors.Select(tensor => tensor.Name), tensors.Select(tensor => tensor.GetProperty("name").GetString()!));
        Assert.All(tensors, tensor => Assert.True(tensor.GetProperty("minimum").GetDouble() <= tensor.GetProperty("mean").GetDouble()));
    }

    [Fact]
    public void Inspect_says_that_the_preprocessing_is_unknown_unless_told()
    {
        Assert.Contains("unknown", Run("inspect", Full).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("keras", Run("inspect", Full, "--preprocessing", "keras", "--json").Expect(0).Json.GetProperty("preprocessing").GetString());
    }

    [Fact]
    public void A_cache_that_cannot_be_made_says_how_to_name_another_one()
    {
        string error = Run("pull", "vgg16-imagenet-keras", "--cache", Path.Combine(Full, "cache")).Expect(1).ErrorSentence;
        Assert.Contains("can't be made", error, StringComparison.Ordinal);
        Assert.Contains("--cache", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_are_named_as_the_list_names_them()
    {
        Assert.Equal("VGG16, convolutions only", Run("inspect", "vgg16-imagenet-conv", "--json").Expect(0).Json.GetProperty("architecture").GetProperty("name").GetString());

        string error = Run("inspect", "vgg16-imagenet").Expect(1).ErrorSentence;
        Assert.Contains("neither a file nor one of", error, StringComparison.Ordinal);
        Assert.Contains("vgg16-imagenet-keras", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trained_model_is_no_weights_file_and_is_called_what_it_is() =>
        Assert.Contains("is a whole classifier", Run("inspect", fixture.Model).Expect(1).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_weights_file_is_refused_with_a_sentence()
    {
        string photo = Directory.EnumerateFiles(fixture.Photos, "*", SearchOption.AllDirectories).First();

        Assert.Contains(photo, Run("inspect", photo).Expect(1).ErrorSentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out.safetensors")]
    [InlineData("out.onnx")]
    [InlineData("out.h5")]
    [InlineData("out.pt")]
    public void Converted_file_is_identical_and_carries_what_was_said(string file)
    {
        string output = Path.Combine(NewFolder, file);

        Run("convert", Full, output, "--preprocessing", "torchvision").Expect(0);

        Assert.True(Run("diff", Full, output, "--json").Expect(0).Json.GetProperty("identical").GetBoolean());
        using WeightsContent content = WeightsFile.Read(output);
        Assert.Equal(PreprocessingFamily.Torchvision, content.Model.Preprocessing);
        Assert.Equal(["left", "right"], content.Model.Labels!);
    }

    [Fact]
    public void Graph_of_pixels_needs_the_preprocessing()
    {
        string output = Path.Combine(NewFolder, "x.onnx");

        Assert.Contains("--preprocessing is needed", Run("convert", Full, output, "--onnx-input", "pixels").Expect(2).ErrorSentence, StringComparison.Ordinal);
        Run("convert", Full, output, "--onnx-input", "pixels", "--preprocessing", "keras", "--output-layers", "fc7,logits").Expect(0);

        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(output);
        Assert.Equal(["pixels"], session.InputNames);
        Assert.Equal(["fc7", "logits"], session.OutputNames);
    }

    [Fact]
    public void Options_of_ONNX_are_refused_for_other_formats() =>
        Assert.Contains("--onnx-input is for ONNX files only", Run("convert", Full, "x.h5", "--onnx-input", "pixels").Expect(2).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void A_file_is_never_converted_onto_itself()
    {
        byte[] before = File.ReadAllBytes(Full);
        string link = Path.Combine(NewFolder, "link.pth");
        File.CreateSymbolicLink(link, Full);

        Assert.Contains("OUT is the file that IN is read from", Run("convert", Full, Full).Expect(2).ErrorSentence, StringComparison.Ordinal);
        Assert.Contains("OUT is the file that IN is read from", Run("convert", Full, link).Expect(2).ErrorSentence, StringComparison.Ordinal);

        Assert.Equal(before, File.ReadAllBytes(Full));
    }

    [Fact]
    public void Diff_finds_the_rounding_of_another_type_in_weights_and_features()
    {
        string half = Path.Combine(NewFolder, "half.safetensors");
        Run("convert", Full, half, "--dtype", "float16").Expect(0);
        string photo = Directory.EnumerateFiles(fixture.Photos, "*", SearchOption.AllDirectories).First();

        JsonElement json = Run("diff", Full, half, "--image", photo, "--preprocessing", "torchvision", "--json").Expect(0).Json;

        Assert.False(json.GetProperty("identical").GetBoolean());
        Assert.InRange(json.GetProperty("relative").GetDouble(), 1e-6, 1.0 / 2048);
        Assert.Equal("fc7", json.GetProperty("features").GetProperty("layer").GetString());
        Assert.InRange(json.GetProperty("features").GetProperty("cosine").GetDouble(), 0.99, 1.0000001);
        Assert.Contains("The weights are different", Run("diff", Full, half).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("--preprocessing is needed", Run("diff", Full, half, "--image", photo).Expect(2).ErrorSentence, StringComparison.Ordinal);
    }

    [Fact]
    public void List_has_the_built_in_weights_and_the_catalog()
    {
        JsonElement json = Run("list", "--json", "--cache", NewFolder).Expect(0).Json;

        Dictionary<string, string> places = json.GetProperty("weights").EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("place").GetString()!);
        Assert.Equal("built-in", places["vgg16-imagenet-conv"]);
        Assert.Equal("elsewhere", places["vgg16-imagenet-keras"]);
        Assert.Contains("vgg16-imagenet-torchvision", Run("list", "--cache", NewFolder).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Path_prints_where_weights_are_or_how_to_get_them()
    {
        string cache = NewFolder;

        Assert.True(File.Exists(Run("path", "vgg16-imagenet-conv", "--cache", cache).Expect(0).Output.Trim()));
        string sentence = Run("path", "vgg16-imagenet-keras", "--cache", cache).Expect(1).ErrorSentence;
        Assert.Contains("vggtransfer weights pull vgg16-imagenet-keras", sentence, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(cache, "vgg16_weights_tf_dim_ordering_tf_kernels.h5"), sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_from_a_mirror_that_lacks_the_file_says_what_to_put_where()
    {
        await using var server = new ScriptedServer((request, _) => request.AnswerAsync("404 Not Found"));
        string cache = NewFolder;

        CommandLineResult result = await Task.Run(() => Run("pull", "vgg16-imagenet-keras", "--cache", cache, "--mirror", server.Address("").AbsoluteUri).Expect(1), TestContext.Current.CancellationToken);

        Assert.Contains(Path.Combine(cache, "vgg16_weights_tf_dim_ordering_tf_kernels.h5"), result.ErrorSentence, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.NotEmpty(server.Requests);
    }

    [Fact]
    public void Verify_finds_a_damaged_file_and_an_empty_cache_sound()
    {
        string cache = NewFolder;
        Run("verify", "--cache", cache).Expect(0);
        File.WriteAllText(Path.Combine(cache, "vgg16_weights_tf_dim_ordering_tf_kernels.h5"), "not weights");

        CommandLineResult result = Run("verify", "--cache", cache, "--json").Expect(1);

        Assert.Equal("damaged", Assert.Single(result.Json.GetProperty("results").EnumerateArray()).GetProperty("verdict").GetString());
    }

    [Fact]
    public void Without_a_command_the_commands_are_named() =>
        Assert.Contains("inspect, convert, diff, list, pull, verify, path", Run().Expect(2).ErrorSentence, StringComparison.Ordinal);

    [Fact]
    public void Help_of_a_command_in_the_group_is_named_in_full() =>
        Assert.Contains("Run 'vggtransfer weights convert --help'", Run("convert").Expect(2).Error, StringComparison.Ordinal);

    private CommandLineResult Run(params string[] arguments) => CommandLineProcess.Run(fixture.Folder, ["weights", .. arguments]);
}
