using VggTransfer.Models;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// One layer of a network that a format describes layer by layer, in terms of no format. Tensors keep
/// the file's names; kernels are OIHW.
/// </summary>
/// <param name="Name">What messages call it: the file's name for the layer and its operator.</param>
internal abstract record ChainStep(string Name);

/// <summary>A convolution; whether it is one of a VGG's is judged later.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Kernel">OIHW.</param>
/// <param name="Bias">One number for each output channel; null for none.</param>
internal sealed record ConvolutionStep(string Name, ModelTensor Kernel, ModelTensor? Bias) : ChainStep(Name)
{
    /// <summary>Rows and columns.</summary>
    public IReadOnlyList<long> Strides { get; init; } = [1, 1];

    /// <summary>Rows and columns.</summary>
    public IReadOnlyList<long> Dilations { get; init; } = [1, 1];

    /// <summary>Top, left, bottom, right; null where the file doesn't say.</summary>
    public IReadOnlyList<long>? Pads { get; init; }

    /// <summary>Groups of channels that are convolved apart.</summary>
    public long Groups { get; init; } = 1;
}

/// <summary>Batch normalisation with its running statistics.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Scale">gamma; null for ones.</param>
/// <param name="Shift">beta; null for zeros.</param>
/// <param name="Mean">The running mean.</param>
/// <param name="Variance">The running variance.</param>
/// <param name="Epsilon">What is added to the variance; null where the file doesn't say.</param>
internal sealed record BatchNormStep(string Name, ModelTensor? Scale, ModelTensor? Shift, ModelTensor Mean, ModelTensor Variance, double? Epsilon) : ChainStep(Name);

/// <summary>max(x, 0).</summary>
internal sealed record ReluStep(string Name) : ChainStep(Name);

/// <summary>A pool over a window.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="IsMaximum">Maximum or average.</param>
/// <param name="Window">Rows and columns.</param>
/// <param name="Strides">Rows and columns.</param>
internal sealed record PoolStep(string Name, bool IsMaximum, IReadOnlyList<long> Window, IReadOnlyList<long> Strides) : ChainStep(Name)
{
    /// <summary>Whether anything is added around the map, other than to make an odd side even.</summary>
    public bool HasPadding { get; init; }

    /// <summary>Whether an odd side is rounded up rather than down.</summary>
    public bool RoundsUp { get; init; }
}

/// <summary>One number for each channel: the average or the maximum over the map.</summary>
internal sealed record GlobalPoolStep(string Name, bool IsMaximum) : ChainStep(Name);

/// <summary>A map becomes a vector.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="ChannelsLast">Row, column, channel order (TensorFlow's) rather than channel, row, column.</param>
internal sealed record FlattenStep(string Name, bool ChannelsLast) : ChainStep(Name);

/// <summary>A fully connected layer.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Weight">out x in, or in x out.</param>
/// <param name="IsInputByOutput">Whether the weight is in x out.</param>
/// <param name="Bias">One number for each output; null for none.</param>
internal sealed record DenseStep(string Name, ModelTensor Weight, bool IsInputByOutput, ModelTensor? Bias) : ChainStep(Name)
{
    public int Inputs => Weight.Shape[IsInputByOutput ? 0 : 1];

    public int Outputs => Weight.Shape[IsInputByOutput ? 1 : 0];
}

/// <summary>What follows the logits: softmax and the like.</summary>
internal sealed record OutputActivationStep(string Name, string Operator) : ChainStep(Name);

/// <summary>A layer without weights of which the file tells nothing but that it is there: a pool, an activation, dropout, flatten.</summary>
internal sealed record UnknownStep(string Name) : ChainStep(Name);

/// <summary>Anything that a VGG doesn't have. The chain isn't followed any further.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Difference">What is wrong with it, as the rest of a sentence, without a full stop.</param>
/// <param name="Advice">What the file's owner can do, in the same form; null where nothing can be done, and then a head may begin here.</param>
internal sealed record ForeignStep(string Name, string Difference, string? Advice = null) : ChainStep(Name)
{
    /// <summary>Whether layers with weights follow, so that what comes before can't be the logits.</summary>
    public bool HasWeightsBehind { get; init; }
}
