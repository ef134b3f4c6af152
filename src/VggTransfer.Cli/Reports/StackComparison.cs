using System.Globalization;
using System.Text;

namespace VggTransfer.Cli.Reports;

/// <summary>A stack of equal convolutions with stride 1, C channels in and out, each followed by ReLU; biases left out, as in the paper.</summary>
/// <param name="Layers">How many convolutions, 1 or more.</param>
/// <param name="KernelSize">Side of each kernel.</param>
/// <param name="Channels">Channels in and out.</param>
internal sealed record StackedConvolutions(int Layers, int KernelSize, int Channels)
{
    /// <summary>Side of the input window that one output depends on.</summary>
    public int ReceptiveField => 1 + (Layers * (KernelSize - 1));

    /// <summary>Weights in all kernels: layers x side^2 x C^2.</summary>
    public long Parameters => (long)Layers * KernelSize * KernelSize * Channels * Channels;

    /// <summary>ReLUs that a value passes on its way.</summary>
    public int NonLinearities => Layers;

    /// <summary>Multiply-accumulate operations for a map of the given size ("same" padding, so every layer keeps the size).</summary>
    /// <param name="height">Rows of the map.</param>
    /// <param name="width">Columns of the map.</param>
    /// <exception cref="OverflowException">The number doesn't fit 64 bits.</exception>
    public long MultiplyAdds(int height, int width) => checked(Parameters * height * width);
}

/// <summary>
/// The argument of the paper's section 2.3: a stack of n 3x3 convolutions sees as much as one (2n+1)x(2n+1) convolution,
/// with fewer weights and more non-linearities (n = 3: 27 C^2 against 49 C^2).
/// </summary>
internal sealed class StackComparison
{
    /// <summary>Sets the stack and its single equivalent side by side.</summary>
    /// <param name="layers">3x3 convolutions in the stack, 1 to 100.</param>
    /// <param name="channels">Channels in and out of every convolution, 1 to 65,536.</param>
    /// <param name="mapSize">Side of the square map for the operation counts, 1 to 4096; 56, block 3's at an input of 224, unless said otherwise.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public StackComparison(int layers, int channels, int mapSize = 56)
    {
        ThrowUnless(layers is >= 1 and <= 100, nameof(layers), layers, "1 to 100");
        ThrowUnless(channels is >= 1 and <= 65_536, nameof(channels), channels, "1 to 65,536");
        ThrowUnless(mapSize is >= 1 and <= 4096, nameof(mapSize), mapSize, "1 to 4096");
        Stack = new StackedConvolutions(layers, 3, channels);
        Single = new StackedConvolutions(1, (2 * layers) + 1, channels);
        MapSize = mapSize;
    }

    /// <summary>The stack of 3x3 convolutions.</summary>
    public StackedConvolutions Stack { get; }

    /// <summary>The one convolution with the same receptive field.</summary>
    public StackedConvolutions Single { get; }

    /// <summary>Side of the map that the operations are counted for.</summary>
    public int MapSize { get; }

    /// <summary>How many times as many weights the single convolution takes: 49/27 for three layers.</summary>
    public double ParameterRatio => (double)Single.Parameters / Stack.Parameters;

    /// <summary>Both sides as a table; every line ends in a line feed.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        AppendLine(text, "", Title(Stack), Title(Single));
        AppendLine(text, "Receptive field", Field(Stack), Field(Single));
        AppendLine(text, "Weights", $"{Multiple(Stack)} C^2", $"{Multiple(Single)} C^2");
        AppendLine(text, string.Create(CultureInfo.InvariantCulture, $"  at C = {Stack.Channels}"), Number(Stack.Parameters), Number(Single.Parameters));
        AppendLine(text, string.Create(CultureInfo.InvariantCulture, $"Multiply-adds, {MapSize} x {MapSize}"), Number(Stack.MultiplyAdds(MapSize, MapSize)), Number(Single.MultiplyAdds(MapSize, MapSize)));
        AppendLine(text, "FLOPs", Number(2 * Stack.MultiplyAdds(MapSize, MapSize)), Number(2 * Single.MultiplyAdds(MapSize, MapSize)));
        AppendLine(text, "Non-linearities", Number(Stack.NonLinearities), Number(Single.NonLinearities));
        text.Append(CultureInfo.InvariantCulture, $"The single convolution takes {(ParameterRatio - 1) * 100:0} % more weights and operations.\n");
        return text.ToString();
    }

    private static int Multiple(StackedConvolutions stack) => stack.Layers * stack.KernelSize * stack.KernelSize;

    private static string Title(StackedConvolutions stack) => $"{stack.Layers} x conv {stack.KernelSize}x{stack.KernelSize}";

    private static string Field(StackedConvolutions stack) => $"{stack.ReceptiveField} x {stack.ReceptiveField}";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void AppendLine(StringBuilder text, string label, string left, string right) =>
        text.Append(CultureInfo.InvariantCulture, $"{label,-26}{left,24}{right,24}\n");

    private static void ThrowUnless(bool valid, string name, int value, string range)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value.ToString(CultureInfo.InvariantCulture)}, and must be {range}.");
        }
    }
}
