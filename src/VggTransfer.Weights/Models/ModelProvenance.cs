namespace VggTransfer.Models;

/// <summary>Where a model's weights come from; travels with them from file to file. Every part may be unknown (null).</summary>
public sealed record ModelProvenance
{
    /// <summary>A short name, such as <c>vgg16-imagenet-conv</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Who trained it.</summary>
    public string? Authors { get; init; }

    /// <summary>Where it was published.</summary>
    public string? Source { get; init; }

    /// <summary>The licence of the weights, as an SPDX identifier where there is one.</summary>
    public string? Licence { get; init; }

    /// <summary>What it was trained on.</summary>
    public string? TrainedOn { get; init; }

    /// <summary>What was done to it since, such as a conversion.</summary>
    public string? Changes { get; init; }
}
