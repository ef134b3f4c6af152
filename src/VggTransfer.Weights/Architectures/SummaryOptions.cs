namespace VggTransfer.Architectures;

/// <summary>How the rows of a summary are named.</summary>
public enum SummaryStyle
{
    /// <summary>As <c>keras.applications</c> does: an input row, then <c>block1_conv1</c>, ..., <c>predictions</c>.</summary>
    Applications,

    /// <summary>
    /// As a hand-written <c>Sequential</c> does: no input row, names counted by class (<c>conv2d</c>, <c>conv2d_1</c>,
    /// <c>dense</c>), and a row of its own for the activation behind each batch norm.
    /// </summary>
    Sequential,
}

/// <summary>What <see cref="ArchitectureSummary"/> shows. The defaults give Keras's <c>model.summary()</c>.</summary>
public sealed record SummaryOptions
{
    /// <summary>How rows are named; as in <c>keras.applications</c> unless said otherwise.</summary>
    public SummaryStyle Style { get; init; } = SummaryStyle.Applications;

    /// <summary>The model's name in the first line; null for <c>vgg16</c> and the like, or <c>sequential</c>.</summary>
    public string? ModelName { get; init; }

    /// <summary>Characters of Keras's three columns together, 40 to 1000; 65 is Keras's default. Further columns come on top.</summary>
    public int LineLength { get; init; } = SummaryTable.DefaultLineLength;

    /// <summary>Whether to add Keras's column <c>Trainable</c> (<c>show_trainable</c>).</summary>
    public bool ShowTrainable { get; init; }

    /// <summary>Whether to add a column with torchvision's module, such as <c>features.28</c>.</summary>
    public bool ShowTorchNames { get; init; }

    /// <summary>Whether to add a column with the receptive field in pixels of the input.</summary>
    public bool ShowReceptiveField { get; init; }

    /// <summary>Whether to add a column with the multiply-accumulate operations for one image.</summary>
    public bool ShowMultiplyAdds { get; init; }

    /// <summary>Layers, by the names of <see cref="VggLayer.Name"/>, whose weights training leaves alone; none by default.</summary>
    public IReadOnlyCollection<string> FrozenLayers { get; init; } = [];
}
