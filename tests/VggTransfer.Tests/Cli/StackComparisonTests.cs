using VggTransfer.Architectures;
using VggTransfer.Cli.Reports;

namespace VggTransfer.Tests.Cli;

/// <summary>Oracle: section 2.3 of the VGG paper.</summary>
public sealed class StackComparisonTests
{
    [Fact]
    public void Three_layers_take_27_C_squared_weights_against_49_and_81_percent_more()
    {
        var comparison = new StackComparison(3, channels: 10);

        Assert.Equal((2_700, 4_900), (comparison.Stack.Parameters, comparison.Single.Parameters));
        Assert.Equal((7, 7), (comparison.Stack.ReceptiveField, comparison.Single.ReceptiveField));
        Assert.Equal((3, 1), (comparison.Stack.NonLinearities, comparison.Single.NonLinearities));
        Assert.Equal(0.81, comparison.ParameterRatio - 1, 0.005);
    }

    [Fact]
    public void Two_layers_see_as_much_as_one_of_5x5()
    {
        var comparison = new StackComparison(2, channels: 1);

        Assert.Equal((5, 5), (comparison.Stack.ReceptiveField, comparison.Single.KernelSize));
        Assert.Equal((18, 25), (comparison.Stack.Parameters, comparison.Single.Parameters));
    }

    // Oracle: block 3 of VGG16 itself, whose second and third convolutions are such a stack.
    [Fact]
    public void Operations_are_those_of_the_network()
    {
        var block = new VggArchitecture();

        Assert.Equal(
            block.Layer("block3_conv2").MultiplyAdds + block.Layer("block3_conv3").MultiplyAdds,
            new StackComparison(2, channels: 256).Stack.MultiplyAdds(56, 56));
    }

    [Fact]
    public void Text_sets_both_side_by_side() => Assert.Equal(
        """
                                              3 x conv 3x3            1 x conv 7x7
        Receptive field                              7 x 7                   7 x 7
        Weights                                     27 C^2                  49 C^2
          at C = 256                             1,769,472               3,211,264
        Multiply-adds, 56 x 56               5,549,064,192          10,070,523,904
        FLOPs                               11,098,128,384          20,141,047,808
        Non-linearities                                  3                       1
        The single convolution takes 81 % more weights and operations.

        """,
        new StackComparison(3, channels: 256).ToText());

    [Theory]
    [InlineData(0, 1, 1, "layers is 0, and must be 1 to 100.")]
    [InlineData(1, 0, 1, "channels is 0, and must be 1 to 65,536.")]
    [InlineData(1, 1, 5000, "mapSize is 5000, and must be 1 to 4096.")]
    public void Ranges_are_checked(int layers, int channels, int mapSize, string sentence) =>
        Assert.StartsWith(sentence, Assert.Throws<ArgumentOutOfRangeException>(() => new StackComparison(layers, channels, mapSize)).Message, StringComparison.Ordinal);
}
