using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Tests.Models;

public sealed class ModelMetadataTests
{
    private static readonly ModelMetadata s_full = new()
    {
        Architecture = new VggArchitecture
        {
            Configuration = VggConfiguration.E,
            BatchNorm = true,
            BatchNormEpsilon = 1e-3,
            WidthMultiplier = 1.0 / 3,
            InputSize = 96,
            Classes = 3,
            DenseUnits = 17,
            FifthPool = false,
            Dropout = 0.3,
        },
        Preprocessing = PreprocessingFamily.ZeroToOne,
        Labels = ["café", "\"quoted\"\n", "猫"],
        Provenance = new ModelProvenance { Name = "n", Authors = "a", Source = "s", Licence = "MIT", TrainedOn = "t", Changes = "c" },
        ActivationRanges = new Dictionary<string, ActivationRange> { ["block1_conv1"] = new(0, 3.1415927f), ["fc1"] = new(-1e-20f, float.MaxValue) },
    };

    [Fact]
    public void All_facts_come_back_exactly()
    {
        ModelMetadata read = ModelMetadata.Parse(s_full.ToDictionary(), "model", "test");

        Assert.Equal(s_full.Architecture, read.Architecture);
        Assert.Equal(s_full.Preprocessing, read.Preprocessing);
        Assert.Equal(s_full.Labels, read.Labels);
        Assert.Equal(s_full.Provenance, read.Provenance);
        Assert.Equal(s_full.ActivationRanges, read.ActivationRanges);
    }

    [Fact]
    public void Unknown_facts_have_no_key()
    {
        IReadOnlyDictionary<string, string> values = new ModelMetadata { Architecture = new VggArchitecture() }.ToDictionary();

        Assert.Equal(["vggtransfer.architecture", "vggtransfer.format_version"], values.Keys);
        ModelMetadata read = ModelMetadata.Parse(values, "model", "test");
        Assert.Null(read.Preprocessing);
        Assert.Null(read.Labels);
        Assert.Null(read.ActivationRanges);
        Assert.Equal(new ModelProvenance(), read.Provenance);
    }

    [Fact]
    public void Values_are_readable_by_people()
    {
        IReadOnlyDictionary<string, string> values = s_full.ToDictionary();

        Assert.Equal("ZeroToOne", values["vggtransfer.preprocessing"]);
        Assert.Equal("""["café","\"quoted\"\n","猫"]""", values["vggtransfer.labels"]);
        Assert.StartsWith("""{"configuration":"E","batch_norm":true,""", values["vggtransfer.architecture"], StringComparison.Ordinal);
        Assert.Equal("MIT", values["vggtransfer.licence"]);
        Assert.Equal("""{"block1_conv1":[0,3.1415927],"fc1":[-1E-20,3.4028235E+38]}""", values["vggtransfer.activation_ranges"]);
    }

    [Fact]
    public void Other_peoples_keys_are_left_alone()
    {
        Assert.True(ModelMetadata.IsPresent(With("format", "pt")));
        Assert.Equal(s_full.Architecture, ModelMetadata.Parse(With("format", "pt"), "model", "test").Architecture);
        Assert.False(ModelMetadata.IsPresent(new Dictionary<string, string> { ["format"] = "pt" }));
    }

    public static TheoryData<string, string?, string> HostileValues => new()
    {
        { "format_version", "2", "its metadata is of version 2, and this release reads version 1; update VggTransfer" },
        { "format_version", "99999999999999999999", "its metadata names no valid format version" },
        { "format_version", "0", "its metadata names no valid format version" },
        { "format_version", null, "its metadata names no valid format version" },
        { "colour", "red", "its metadata has the key 'vggtransfer.colour', which version 1 doesn't know" },
        { "architecture", null, "its metadata lacks 'vggtransfer.architecture'" },
        { "architecture", "null", "its metadata has null as 'vggtransfer.architecture'" },
        { "architecture", """{"configuration":"D"}""", "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", "{", "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", Architecture("configuration", "\"F\""), "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", Architecture("configuration", "77"), "its metadata has an impossible 'vggtransfer.architecture': Configuration is 77, and must be one of A, B, C, D, E" },
        { "architecture", Architecture("classes", "3,\"depth\":3"), "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", Architecture("classes", "3,\"classes\":4"), "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", Architecture("classes", "1e999"), "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", Architecture("width_multiplier", "1e300"), "its metadata has an impossible 'vggtransfer.architecture': WidthMultiplier is 1E+300, and must be above 0 and at most 8" },
        { "architecture", Architecture("input_size", "-5"), "its metadata has an impossible 'vggtransfer.architecture': InputSize is -5, and must be 32 to 4096" },
        { "architecture", new string('[', 3000), "its metadata has a 'vggtransfer.architecture' that can't be understood" },
        { "architecture", new string(' ', 5000), "its metadata has 5,000 characters as 'vggtransfer.architecture', above the limit of 4,000" },
        { "preprocessing", "Caffe\n", "its metadata has 'Caffe ' as 'vggtransfer.preprocessing', which is none of KerasCaffe, Torchvision, ZeroToOne" },
        { "labels", """["a","b"]""", "its metadata has 2 labels, and the network has 3 classes" },
        { "labels", """["a","b",null]""", "its metadata has a label that is null or longer than 1,000 characters" },
        { "labels", """["a","b",["c"]]""", "its metadata has a 'vggtransfer.labels' that can't be understood" },
        { "labels", """["a","b","\ud800"]""", "its metadata has a 'vggtransfer.labels' that can't be understood" },
        { "activation_ranges", """{"fc1":[1]}""", "its metadata has an activation range for 'fc1' that isn't a minimum and a maximum" },
        { "activation_ranges", """{"fc1":[1,0]}""", "its metadata has an activation range for 'fc1' that isn't a minimum and a maximum" },
        { "activation_ranges", """{"fc1":null}""", "its metadata has an activation range for 'fc1' that isn't a minimum and a maximum" },
        { "activation_ranges", """{"fc1":["NaN",1]}""", "its metadata has a 'vggtransfer.activation_ranges' that can't be understood" },
        { "activation_ranges", """{"fc1":[0,1],"fc1":[0,2]}""", "its metadata has a 'vggtransfer.activation_ranges' that can't be understood" },
        { "authors", new string('x', 10_001), "its metadata has 10,001 characters as 'vggtransfer.authors', above the limit of 10,000" },
    };

    [Theory]
    [MemberData(nameof(HostileValues))]
    public void Hostile_values_are_refused_in_a_sentence(string key, string? value, string reason)
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => ModelMetadata.Parse(With($"vggtransfer.{key}", value), "m.onnx", "ONNX"));

        Assert.Equal(reason, exception.Reason);
        Assert.Equal($"'m.onnx' isn't a usable ONNX file: {reason}.", exception.Message);
    }

    [Fact]
    public void Facts_that_no_reader_would_take_arent_written()
    {
        var exception = Assert.Throws<ArgumentException>(() => (s_full with { Labels = ["one"] }).ToDictionary());

        Assert.Equal("The model can't be saved: its metadata has 1 labels, and the network has 3 classes.", exception.Message);
    }

    [Fact]
    public void Tensors_of_another_architecture_are_refused()
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => s_full.CreateModel([], owner: null, "m.onnx", "ONNX"));

        Assert.Equal("its metadata and its tensors contradict each other: VGG19 with batch norm, width 0.333333, no fifth pool needs tensor 'features.0.weight', which is missing", exception.Reason);
    }

    /// <summary>The paper's VGG16 with one value replaced.</summary>
    private static string Architecture(string key, string value)
    {
        string json = new ModelMetadata { Architecture = new VggArchitecture() }.ToDictionary()["vggtransfer.architecture"];
        return System.Text.RegularExpressions.Regex.Replace(json, $"\"{key}\":[^,}}]+", $"\"{key}\":{value}");
    }

    private static Dictionary<string, string> With(string key, string? value)
    {
        var values = new Dictionary<string, string>(s_full.ToDictionary());
        if (value is null)
        {
            values.Remove(key);
        }
        else
        {
            values[key] = value;
        }

        return values;
    }
}
