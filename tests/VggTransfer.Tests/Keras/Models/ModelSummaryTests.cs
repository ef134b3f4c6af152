using VggTransfer.Architectures;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Vgg;
using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Models;

/// <summary>Oracle: the screen of tf_keras 2.21, to the character.</summary>
public sealed class ModelSummaryTests
{
    [Fact]
    public void Summaries_are_those_of_Keras()
    {
        string folder = Path.GetFullPath(Path.Combine(SharedData.Require("goldens/keras/summary/tf_keras/models.json"), "../../.."));
        ParityCase[] cases = [.. SummaryParity.Check(folder)];
        Assert.True(cases.Length >= 55, $"{cases.Length} cases");
        Assert.All(cases, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }

    [Theory]
    [InlineData("applications_vgg16")]
    [InlineData("applications_vgg16_notop_avg_64")]
    [InlineData("notebook_vgg16_cifar10")]
    [InlineData("bn_narrow_w16")]
    public void Networks_of_ours_have_the_summary_of_Kerass(string name)
    {
        string expected = File.ReadAllText(SharedData.Require($"goldens/keras/summary/tf_keras/{name}.default.txt"));
        var notebook = new VggArchitecture { InputSize = 32, FifthPool = false, Classes = 10 };
        using Model model = name switch
        {
            "applications_vgg16" => Applications.VGG16(),
            "applications_vgg16_notop_avg_64" => Applications.VGG16(includeTop: false, inputShape: (64, 64, 3), pooling: "avg"),
            "notebook_vgg16_cifar10" => Applications.Vgg(notebook),
            _ => Applications.Vgg(notebook with { BatchNorm = true, WidthMultiplier = 0.25, DenseUnits = 256 }),
        };
        Assert.Equal(expected, model.ToSummaryText());
    }

    [Fact]
    public void A_frozen_model_around_trainable_layers_has_no_trainable_weights()
    {
        using var model = new Sequential { new Dense(2, inputShape: [3]) };
        model.Trainable = false;
        model.Layers[0].Trainable = true;
        Assert.Contains("Trainable params: 0 (0.00 Byte)\nNon-trainable params: 8 (32.00 Byte)\n", model.ToSummaryText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_end_where_they_are_told()
    {
        using var model = new Sequential { new Dense(2, inputShape: [3]) };
        string expected = " dense (Dense)  (None, 2)       8       ";
        Assert.Contains($"\n{expected}\n", model.ToSummaryText(40, [0.4, 0.8, 1]), StringComparison.Ordinal);
        Assert.Contains($"\n{expected}\n", model.ToSummaryText(40, [16, 32, 40]), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("positions", () => model.ToSummaryText(40, [0.5, 0.5, 1]));
        Assert.Throws<ArgumentOutOfRangeException>("lineLength", () => model.ToSummaryText(39));
    }

    [Fact]
    public void A_range_shows_layers_from_the_first_match_to_the_last()
    {
        using Model model = Applications.Vgg(new VggArchitecture { InputSize = 32, FifthPool = false, Classes = 10 });
        string[] Names((string, string) range) => [.. model.ToSummaryText(layerRange: range).Split('\n').Where(line => line.Contains('(', StringComparison.Ordinal) && line.StartsWith(' ') && line.Contains("(None", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];
        Assert.Equal(["flatten", "dense", "dropout"], Names(("flatten", "dropout$")));
        Assert.Equal(["flatten", "dense", "dropout", "dense_1", "dropout_1"], Names(("flatten", "dropout")));
        Assert.Equal(["flatten", "dense"], Names(("dense$", "flatten")));
        Assert.Contains("Total params: 39929674 ", model.ToSummaryText(layerRange: ("dense", "dense")), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Names(("fc1", "fc2")));
    }

    [Fact]
    public void A_writer_gets_what_the_text_says()
    {
        using var model = new Sequential { new Dense(2, inputShape: [3]) };
        using var output = new StringWriter();
        model.Summary(output: output);
        Assert.Equal(model.ToSummaryText(), output.ToString());
    }

    [Fact]
    public void A_model_without_a_known_input_has_no_summary()
    {
        using var model = new Sequential { new Dense(2) };
        Assert.Contains("call Build", Assert.Throws<InvalidOperationException>(() => model.ToSummaryText()).Message, StringComparison.Ordinal);
    }
}
