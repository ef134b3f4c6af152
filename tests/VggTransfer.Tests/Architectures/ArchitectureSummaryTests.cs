using VggTransfer.Architectures;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Architectures;

/// <summary>Oracle: the screen of tf_keras 2.21, to the character.</summary>
public sealed class ArchitectureSummaryTests
{
    // keras.applications and the goldens' Sequential models have no dropout layers where the notebook does.
    private static readonly VggArchitecture s_applications = new() { Dropout = 0 };
    private static readonly VggArchitecture s_notebook = new() { InputSize = 32, FifthPool = false, Classes = 10 };
    private static readonly VggArchitecture s_narrow = s_notebook with { WidthMultiplier = 0.25, BatchNorm = true, DenseUnits = 256 };

    public static TheoryData<string, int, bool> Variants
    {
        get
        {
            var data = new TheoryData<string, int, bool>();
            foreach (string model in new[] { "applications_vgg16", "notebook_vgg16_cifar10", "notebook_frozen_first_5", "bn_narrow_w16", "bn_narrow_w16_frozen_first_6" })
            {
                foreach (int length in new[] { 0, 65, 120 })
                {
                    data.Add(model, length, false);
                    data.Add(model, length, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Summary_is_the_one_that_Keras_prints(string model, int lineLength, bool showTrainable)
    {
        string file = $"{model}.{(lineLength == 0 ? "default" : lineLength)}{(showTrainable ? ".trainable" : "")}.txt";
        string expected = File.ReadAllText(SharedData.Require($"goldens/keras/summary/tf_keras/{file}"));
        (VggArchitecture architecture, SummaryStyle style, string[] frozen) = model switch
        {
            "applications_vgg16" => (s_applications, SummaryStyle.Applications, []),
            "notebook_vgg16_cifar10" => (s_notebook, SummaryStyle.Sequential, []),
            "notebook_frozen_first_5" => (s_notebook, SummaryStyle.Sequential, ["block1_conv1", "block1_conv2", "block1_pool", "block2_conv1", "block2_conv2"]),
            "bn_narrow_w16" => (s_narrow, SummaryStyle.Sequential, []),
            _ => (s_narrow, SummaryStyle.Sequential, new[] { "block1_conv1", "block1_conv1_bn", "block1_conv2", "block1_conv2_bn" }),
        };
        var options = new SummaryOptions { Style = style, ShowTrainable = showTrainable, FrozenLayers = frozen };

        string text = ArchitectureSummary.ToText(architecture, lineLength == 0 ? options : options with { LineLength = lineLength });

        Assert.Equal(expected, text);
    }

    [Fact]
    public void Summary_without_top_begins_as_the_one_of_Keras()
    {
        string expected = File.ReadAllText(SharedData.Require("goldens/keras/summary/tf_keras/applications_vgg16_notop_avg_64.default.txt"));

        string text = ArchitectureSummary.ToText(new VggArchitecture { IncludeTop = false, InputSize = 64 });

        // The golden model goes on with a global average pool.
        string rows = text[..text.LastIndexOf("\n====", StringComparison.Ordinal)];
        Assert.StartsWith(rows, expected, StringComparison.Ordinal);
        Assert.Contains("Total params: 14714688 (56.13 MB)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Further_columns_show_modules_fields_and_operations_on_one_line()
    {
        var options = new SummaryOptions { ShowTrainable = true, ShowTorchNames = true, ShowReceptiveField = true, ShowMultiplyAdds = true };

        string text = ArchitectureSummary.ToText(s_applications, options);

        Assert.Contains(" block5_conv3 (Conv2D)       (None, 14, 14, 512)       2359808      Y             features.28     196               462,422,016     \n", text, StringComparison.Ordinal);
        Assert.Contains(" fc1 (Dense)                 (None, 4096)              102764544    Y             classifier.0    224               102,760,448     \n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_lengths_are_checked()
    {
        Assert.StartsWith(
            "LineLength is 39, and must be 40 to 1000 characters.",
            Assert.Throws<ArgumentOutOfRangeException>(() => ArchitectureSummary.ToText(s_notebook, new SummaryOptions { LineLength = 39 })).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "FrozenLayers names 'block6_conv1', which VGG16, no fifth pool doesn't have.",
            Assert.Throws<ArgumentException>(() => ArchitectureSummary.ToText(s_notebook, new SummaryOptions { FrozenLayers = ["block6_conv1"] })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VggConfiguration.A, "vgg11")]
    [InlineData(VggConfiguration.B, "vgg13")]
    [InlineData(VggConfiguration.E, "vgg19")]
    public void First_line_names_the_model(VggConfiguration configuration, string name) =>
        Assert.StartsWith($"Model: \"{name}\"\n", ArchitectureSummary.ToText(new VggArchitecture { Configuration = configuration }), StringComparison.Ordinal);
}
