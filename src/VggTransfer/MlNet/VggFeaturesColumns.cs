namespace VggTransfer.MlNet;

/// <summary>What the input column holds.</summary>
internal enum VggFeaturesInput
{
    /// <summary>Paths of image files: text.</summary>
    ImagePath,

    /// <summary>Loaded images: MLImage.</summary>
    Image,
}

/// <summary>The columns that come in, go out, and lie between.</summary>
internal sealed record VggFeaturesColumns
{
    public VggFeaturesColumns(string output, string input, VggFeaturesInput inputKind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        ArgumentException.ThrowIfNullOrWhiteSpace(input);
        Output = output;
        Input = input;
        InputKind = inputKind;
    }

    public string Output { get; }

    public string Input { get; }

    public VggFeaturesInput InputKind { get; }

    public string Image => $"{Output}.Image";

    public string Pixels => $"{Output}.Pixels";
}
