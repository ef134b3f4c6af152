using VggTransfer.Architectures;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Tests.Models;

public sealed class ArchitectureRecognitionTests
{
    // Oracle: the architecture's own table of tensors, checked against torchvision in VggArchitectureTests.
    [Fact]
    public void Every_configuration_width_and_top_is_recognised()
    {
        double[] widths = [1, 2, 8, 0.5, 0.25, 0.3, 0.1, 1.0 / 32, 1.0 / 64, 0.7, 1.37];
        int recognised = 0;
        foreach (VggConfiguration configuration in Enum.GetValues<VggConfiguration>())
        {
            foreach (double width in widths)
            {
                foreach (bool batchNorm in new[] { false, true })
                {
                    foreach (bool top in new[] { false, true })
                    {
                        var architecture = new VggArchitecture
                        {
                            Configuration = configuration,
                            WidthMultiplier = width,
                            BatchNorm = batchNorm,
                            IncludeTop = top,
                            InputSize = top ? 96 : 224,
                            Classes = top ? 7 : 1000,
                            DenseUnits = top ? 48 : 4096,
                        };

                        VggArchitecture found = Recognise(Shapes(architecture));

                        // Where widths were rounded, another factor gives the same network.
                        Assert.Equal(Enumerable.Range(1, 5).Select(architecture.BlockWidth), Enumerable.Range(1, 5).Select(found.BlockWidth));
                        Assert.Equal(architecture, found with { WidthMultiplier = width });
                        recognised++;
                    }
                }
            }
        }

        Assert.Equal(5 * widths.Length * 4, recognised);
    }

    [Theory]
    [InlineData(1.0 / 32)]
    [InlineData(1.0 / 64)]
    [InlineData(0.25)]
    [InlineData(1)]
    public void Exact_factors_come_back_exactly(double width) =>
        Assert.Equal(width, Recognise(Shapes(new VggArchitecture { WidthMultiplier = width })).WidthMultiplier);

    [Fact]
    public void Map_of_49_values_means_an_input_of_224() => Assert.Equal(224, Recognise(Shapes(new VggArchitecture())).InputSize);

    [Fact]
    public void What_shapes_dont_tell_is_taken_from_the_assumption()
    {
        var notebook = new VggArchitecture { InputSize = 32, FifthPool = false, Classes = 10, Dropout = 0.25 };

        Assert.Equal(notebook, Recognise(Shapes(notebook), notebook));

        // Without it, the paper's fifth pool is assumed, and the same 2x2 map comes from 64 pixels.
        Assert.Equal((64, true), (Recognise(Shapes(notebook)).InputSize, Recognise(Shapes(notebook)).FifthPool));
    }

    public static TheoryData<string, Action<Dictionary<string, IReadOnlyList<int>>>, string> Oddities => new()
    {
        { "nothing", shapes => shapes.Clear(), "none of its 0 tensors is a convolution of a VGG under torchvision's names ('features.0.weight' and so on)" },
        { "5x5", shapes => shapes["features.2.weight"] = [64, 64, 5, 5], "'features.2.weight' has a kernel of 5x5, and a VGG has only 3x3 (and 1x1 in configuration C)" },
        { "missing conv", shapes => shapes.Remove("features.12.weight"), "its convolutions are those of no VGG; the nearest is VGG16, and 'features.12.weight' is missing" },
        { "1x1 in D", shapes => shapes["features.14.weight"] = [256, 256, 1, 1], "its convolutions are those of no VGG; the nearest is VGG16, and 'features.14.weight' has a kernel of 1x1 instead of 3x3" },
        { "another conv", shapes => shapes["features.32.weight"] = [512, 512, 3, 3], "its convolutions are those of no VGG; the nearest is VGG16, and 'features.32.weight' isn't part of it" },
        { "uneven block", shapes => shapes["features.12.weight"] = [128, 256, 3, 3], "'features.12.weight' has 128 filters, and the convolution before it in block 3 has 256; a VGG's blocks are of one width" },
        { "odd widths", shapes => { shapes["features.0.weight"] = [65, 3, 3, 3]; shapes["features.2.weight"] = [65, 65, 3, 3]; }, "its blocks have 65, 128, 256, 512, 512 filters, which isn't 64, 128, 256, 512, 512 times one factor up to 8" },
        { "grey input", shapes => shapes["features.0.weight"] = [64, 1, 3, 3], "it looks like VGG16, and 'features.0.weight' has shape (64, 1, 3, 3) instead of (64, 3, 3, 3)" },
        { "leading zero", shapes => { shapes["features.012.weight"] = shapes["features.12.weight"]; shapes.Remove("features.12.weight"); }, "its convolutions are those of no VGG; the nearest is VGG16, and 'features.12.weight' is missing" },
        { "missing bias", shapes => shapes.Remove("features.5.bias"), "it looks like VGG16, and 'features.5.bias' is missing" },
        { "short bias", shapes => shapes["features.5.bias"] = [127], "it looks like VGG16, and 'features.5.bias' has shape (127) instead of (128)" },
        { "stranger", shapes => shapes["aux.weight"] = [1], "it looks like VGG16, and has a tensor 'aux.weight' too, which is no part of it" },
        { "no fc7", shapes => shapes.Remove("classifier.3.weight"), "'classifier.3.weight' is missing; a VGG's dense part is classifier.0, classifier.3 and classifier.6" },
        { "oblong map", shapes => shapes["classifier.0.weight"] = [4096, 512 * 6], "'classifier.0.weight' takes 3,072 inputs, which aren't those of a square map of the 512 channels before it" },
        { "scalar fc", shapes => shapes["classifier.6.weight"] = [1000], "'classifier.6.weight' has 1 dimensions, and a dense layer has 2" },
        { "huge top", shapes => shapes["classifier.6.weight"] = [int.MaxValue, 4096], "its dense part of 4,096 units and 2,147,483,647 classes is larger than any VGG" },
    };

    [Theory]
    [MemberData(nameof(Oddities))]
    public void What_is_odd_is_said_in_a_sentence(string name, Action<Dictionary<string, IReadOnlyList<int>>> spoil, string expected)
    {
        _ = name;
        Dictionary<string, IReadOnlyList<int>> shapes = Shapes(new VggArchitecture());
        spoil(shapes);

        Assert.False(ArchitectureRecognition.TryRecognise(shapes, out VggArchitecture? architecture, out string? reason));
        Assert.Null(architecture);
        Assert.Equal(expected, reason);
    }

    private static Dictionary<string, IReadOnlyList<int>> Shapes(VggArchitecture architecture) =>
        architecture.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);

    private static VggArchitecture Recognise(Dictionary<string, IReadOnlyList<int>> shapes, VggArchitecture? assumed = null)
    {
        Assert.True(ArchitectureRecognition.TryRecognise(shapes, out VggArchitecture? architecture, out string? reason, assumed), reason);
        return architecture;
    }
}
