using System.Text.Json;
using VggTransfer.Architectures;
using VggTransfer.Cli.Reports;

namespace VggTransfer.Tests.Cli;

public sealed class SummaryCommandTests
{
    [Fact]
    public void The_default_is_Keras_table_of_VGG16_with_its_costs()
    {
        string output = Run().Expect(0).Output;
        Assert.StartsWith(ArchitectureSummary.ToText(new VggArchitecture()), output, StringComparison.Ordinal);
        Assert.Contains("Multiply-adds for one image: 15,470,264,320", output, StringComparison.Ordinal);
        Assert.Contains("212 x 212 pixels", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_vary_the_architecture()
    {
        JsonElement json = Run("--configuration", "vgg11", "--batch-norm", "--width", "0.5", "--input-size", "64", "--classes", "10", "--dense-units", "128", "--no-fifth-pool", "--dropout", "0.25", "--json").Expect(0).Json;
        var expected = new VggArchitecture
        {
            Configuration = VggConfiguration.A, BatchNorm = true, WidthMultiplier = 0.5, InputSize = 64, Classes = 10, DenseUnits = 128, FifthPool = false, Dropout = 0.25,
        };
        Assert.Equal(expected.DisplayName, json.GetProperty("name").GetString());
        Assert.Equal(expected.ParameterCount, json.GetProperty("parameters").GetInt64());
        Assert.Equal(expected.Flops, json.GetProperty("flops").GetInt64());
        Assert.Equal(expected.Layers.Count, json.GetProperty("layers").GetArrayLength());
        Assert.Equal(0.25, json.GetProperty("dropout").GetDouble());
    }

    [Fact]
    public void Columns_are_added_as_asked()
    {
        string output = Run("--columns", "all", "--no-top").Expect(0).Output;
        Assert.StartsWith(ArchitectureSummary.ToText(new VggArchitecture { IncludeTop = false }, new SummaryOptions
        {
            ShowTrainable = true, ShowTorchNames = true, ShowReceptiveField = true, ShowMultiplyAdds = true,
        }), output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backbone_is_shown_as_its_file_has_it() =>
        Assert.Equal(14_714_688, Run("--backbone", "vgg16-imagenet-conv", "--json").Expect(0).Json.GetProperty("parameters").GetInt64());

    [Fact]
    public void Three_small_convolutions_stand_beside_a_large_one()
    {
        string output = Run("--compare-stacks").Expect(0).Output;
        Assert.EndsWith(new StackComparison(3, 256).ToText(), output, StringComparison.Ordinal);
        JsonElement comparison = Run("--compare-stacks", "--json").Expect(0).Json.GetProperty("stackComparison");
        Assert.Equal(49.0 / 27, comparison.GetProperty("parameterRatio").GetDouble(), 1e-12);
        Assert.Equal(7, comparison.GetProperty("stack").GetProperty("receptiveField").GetInt32());
    }

    private static CommandLineResult Run(params string[] options) => CommandLineProcess.Run(Path.GetTempPath(), ["summary", .. options]);
}
