using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace VggTransfer.Architectures;

/// <summary>
/// A member of the VGG family: a configuration of the paper and the options that vary it. Immutable; layers, shapes,
/// names and counts all follow from it.
/// </summary>
public sealed record VggArchitecture
{
    /// <summary>The smallest <see cref="InputSize"/>: five pools make one pixel of it.</summary>
    public const int SmallestInput = 32;

    /// <summary>The largest <see cref="InputSize"/>.</summary>
    public const int LargestInput = 4096;

    /// <summary>The limit of <see cref="HiddenDenseLayers"/>.</summary>
    internal const int MostHiddenDenseLayers = 8;

    /// <summary>The limit of <see cref="DenseUnits"/>.</summary>
    internal const int MostDenseUnits = 65_536;

    /// <summary>The limit of <see cref="Classes"/>.</summary>
    internal const int MostClasses = 1_000_000;

    /// <summary>The paper's letter; D (VGG16) unless said otherwise.</summary>
    public VggConfiguration Configuration { get; init; } = VggConfiguration.D;

    /// <summary>Whether each convolution is followed by batch normalisation (torchvision's <c>_bn</c> models).</summary>
    public bool BatchNorm { get; init; }

    /// <summary>
    /// What batch normalisation adds to the variance, above 0 and at most 1: 1e-5 in PyTorch, 1e-3 in Keras
    /// (<c>epsilon</c> of both tools' batch norm layers). Meaningless without <see cref="BatchNorm"/>.
    /// </summary>
    [Range(0d, 1, MinimumIsExclusive = true)]
    public double BatchNormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// Factor on the filters of every convolution, above 0 and at most 8; 1 is the paper's 64, 128, 256, 512, 512.
    /// Each width is rounded to the nearest whole number, and is at least 1.
    /// </summary>
    [Range(0d, 8, MinimumIsExclusive = true)]
    public double WidthMultiplier { get; init; } = 1;

    /// <summary>Side of the square input in pixels, 32 to 4096. A network without its dense part takes other sizes too.</summary>
    [Range(SmallestInput, LargestInput)]
    public int InputSize { get; init; } = 224;

    /// <summary>Number of classes of the last dense layer, 1 to 1,000,000; meaningless without <see cref="IncludeTop"/>.</summary>
    [Range(1, MostClasses)]
    public int Classes { get; init; } = 1000;

    /// <summary>
    /// Number of hidden dense layers, 0 to 8: the paper's two are fc6 and fc7. People who put a head of their own on the
    /// convolutions often have one, or none.
    /// </summary>
    [Range(0, MostHiddenDenseLayers)]
    public int HiddenDenseLayers { get; init; } = 2;

    /// <summary>Units of each hidden dense layer, 1 to 65,536.</summary>
    [Range(1, MostDenseUnits)]
    public int DenseUnits { get; init; } = VggConfigurationTable.DenseUnits;

    /// <summary>Whether the dense part (flatten, hidden dense layers, predictions) is there. Keras: <c>include_top</c>.</summary>
    public bool IncludeTop { get; init; } = true;

    /// <summary>Whether the last block ends in a pool, as the paper's does. Networks for 32x32 images often leave it out.</summary>
    public bool FifthPool { get; init; } = true;

    /// <summary>Dropout rate behind each hidden dense layer, 0 or more and below 1.</summary>
    [Range(0d, 1, MaximumIsExclusive = true)]
    public double Dropout { get; init; } = 0.5;

    /// <summary>The layers from the input to the output, in order; made anew at each call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    [JsonIgnore]
    public IReadOnlyList<VggLayer> Layers => VggLayerBuilder.Build(this);

    /// <summary>The tensors of all layers in order, under torchvision's names.</summary>
    [JsonIgnore]
    public IEnumerable<TensorSpecification> Tensors => Layers.SelectMany(layer => layer.Tensors);

    /// <summary>The numbers that a weight file holds, batch norm's running statistics included, as Keras counts them.</summary>
    [JsonIgnore]
    public long ParameterCount => Layers.Sum(layer => layer.Parameters);

    /// <summary>The numbers that gradient descent changes: what torchvision publishes as the number of parameters.</summary>
    [JsonIgnore]
    public long TrainableParameterCount => Layers.Sum(layer => layer.TrainableParameters);

    /// <summary>Multiply-accumulate operations for one image: what torchvision publishes as "GFLOPS" (in billions).</summary>
    [JsonIgnore]
    public long MultiplyAdds => Layers.Sum(layer => layer.MultiplyAdds);

    /// <summary>Floating-point operations for one image: two for each multiply-accumulate.</summary>
    [JsonIgnore]
    public long Flops => 2 * MultiplyAdds;

    /// <summary>What people call it: <c>VGG16</c>, <c>VGG19 with batch norm</c>, <c>VGG16 (C)</c>, <c>VGG13, width 0.25, no fifth pool, convolutions only</c>.</summary>
    [JsonIgnore]
    public string DisplayName
    {
        get
        {
            var parts = new List<string> { $"VGG{WeightedLayers}" + (Configuration == VggConfiguration.C ? " (C)" : "") + (BatchNorm ? " with batch norm" : "") };
            if (WidthMultiplier != 1)
            {
                parts.Add(FormattableString.Invariant($"width {WidthMultiplier:0.######}"));
            }

            if (!FifthPool)
            {
                parts.Add("no fifth pool");
            }

            if (IncludeTop && HiddenDenseLayers != 2)
            {
                parts.Add($"{HiddenDenseLayers} hidden dense layers");
            }

            if (!IncludeTop)
            {
                parts.Add("convolutions only");
            }

            return string.Join(", ", parts);
        }
    }

    /// <summary>The number in the name: 11, 13, 16 or 19 convolutions and dense layers, the dense ones counted even where they are left out.</summary>
    [JsonIgnore]
    internal int WeightedLayers => VggConfigurationTable.Kernels(Configuration).Sum(block => block.Length) + 3;

    /// <summary>Filters of the convolutions of block 1 to 5.</summary>
    /// <param name="block">1 to 5.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public int BlockWidth(int block) =>
        block is < 1 or > 5
        ? throw new ArgumentOutOfRangeException(nameof(block), block, $"A VGG has blocks 1 to 5, and {block} was asked for.")
        : Math.Max(1, (int)Math.Round(VggConfigurationTable.BlockWidths[block - 1] * WidthMultiplier, MidpointRounding.AwayFromZero));

    /// <summary>The layer of a Keras name such as <c>block5_pool</c> or <c>fc2</c>.</summary>
    /// <exception cref="ArgumentException">There is no such layer in this architecture.</exception>
    public VggLayer Layer(string name) =>
        Layers.FirstOrDefault(layer => layer.Name == name)
        ?? throw new ArgumentException($"{DisplayName} has no layer '{name}'; it has {string.Join(", ", Layers.Select(layer => layer.Name))}.", nameof(name));
}
