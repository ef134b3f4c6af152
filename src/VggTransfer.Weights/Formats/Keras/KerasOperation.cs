using System.Text.Json;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>What a Keras layer does, as far as a VGG is concerned.</summary>
internal enum KerasKind
{
    Input,
    Convolution,
    BatchNormalization,
    Activation,
    MaxPooling,
    ZeroPadding,
    Flatten,
    GlobalPooling,
    Dense,

    /// <summary>Does nothing in inference: dropout, noise, regularisation.</summary>
    Inert,

    /// <summary>Something that no VGG has, or that the file doesn't name.</summary>
    Other,
}

/// <summary>A layer of a Keras model, nested models laid out flat.</summary>
internal sealed record KerasOperation
{
    /// <summary>The layer's name.</summary>
    public required string Name { get; init; }

    /// <summary>The names of the models around it, joined by slashes; empty in the outermost.</summary>
    public required string Scope { get; init; }

    /// <summary>What it does.</summary>
    public required KerasKind Kind { get; init; }

    /// <summary>Its class in the configuration; null where the file has none.</summary>
    public string? ClassName { get; init; }

    /// <summary>Whether its only input is the layer before it. Sequential models have nothing else.</summary>
    public bool Linked { get; init; } = true;

    /// <summary>Its part of the model's configuration; null where the file has none.</summary>
    public JsonElement? Config { get; init; }

    /// <summary>Its variables by role (kernel, bias, gamma, beta, moving_mean, moving_variance); null where it has none.</summary>
    public IReadOnlyDictionary<string, Hdf5Dataset>? Weights { get; init; }
}
