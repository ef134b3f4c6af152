namespace VggTransfer.Architectures;

/// <summary>
/// The columns of table 1 in Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
/// Recognition" (2014), by the paper's letters.
/// </summary>
public enum VggConfiguration
{
    /// <summary>11 layers with weights (torchvision: <c>vgg11</c>).</summary>
    A,

    /// <summary>13 layers with weights (torchvision: <c>vgg13</c>).</summary>
    B,

    /// <summary>16 layers with weights; the last convolution of blocks 3, 4 and 5 is 1x1.</summary>
    C,

    /// <summary>16 layers with weights: VGG16.</summary>
    D,

    /// <summary>19 layers with weights: VGG19.</summary>
    E,
}

/// <summary>The table that every other part of the project derives from: what the five configurations consist of.</summary>
internal static class VggConfigurationTable
{
    /// <summary>Filters of a block's convolutions at width 1 (paper, table 1).</summary>
    public static readonly int[] BlockWidths = [64, 128, 256, 512, 512];

    /// <summary>Units of each hidden dense layer at full size (paper, table 1: FC-4096).</summary>
    public const int DenseUnits = 4096;

    /// <summary>The configurations, from the shallowest to the deepest.</summary>
    public static readonly IReadOnlyList<VggConfiguration> All = Enum.GetValues<VggConfiguration>();

    private static readonly int[] s_one = [3];
    private static readonly int[] s_two = [3, 3];
    private static readonly int[] s_twoAndPointwise = [3, 3, 1];
    private static readonly int[] s_three = [3, 3, 3];
    private static readonly int[] s_four = [3, 3, 3, 3];

    /// <summary>Kernel sizes of the convolutions, block by block.</summary>
    public static int[][] Kernels(VggConfiguration configuration) => configuration switch
    {
        VggConfiguration.A => [s_one, s_one, s_two, s_two, s_two],
        VggConfiguration.B => [s_two, s_two, s_two, s_two, s_two],
        VggConfiguration.C => [s_two, s_two, s_twoAndPointwise, s_twoAndPointwise, s_twoAndPointwise],
        VggConfiguration.D => [s_two, s_two, s_three, s_three, s_three],
        VggConfiguration.E => [s_two, s_two, s_four, s_four, s_four],
        _ => throw new ArgumentOutOfRangeException(nameof(configuration), configuration, "The configuration must be A, B, C, D or E."),
    };

    /// <summary>The configuration whose convolutions have these kernels, one behind the other; null where it is none.</summary>
    public static VggConfiguration? Find(IEnumerable<long> kernels)
    {
        long[] sides = [.. kernels];
        foreach (VggConfiguration configuration in All)
        {
            if (Kernels(configuration).SelectMany(block => block).Select(side => (long)side).SequenceEqual(sides))
            {
                return configuration;
            }
        }

        return null;
    }

    /// <summary>Whether a configuration has this many convolutions.</summary>
    public static bool HasConvolutions(int count) => All.Any(configuration => Kernels(configuration).Sum(block => block.Length) == count);
}
