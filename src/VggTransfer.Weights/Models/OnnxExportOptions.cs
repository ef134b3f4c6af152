using System.ComponentModel.DataAnnotations;
using VggTransfer.Architectures;

namespace VggTransfer.Models;

/// <summary>What an exported graph takes in.</summary>
public enum OnnxInput
{
    /// <summary>
    /// <c>pixels</c>: uint8, (N, size, size, 3), RGB, 0 to 255. The family's normalisation is part of the graph, so no
    /// caller can get it wrong.
    /// </summary>
    Pixels,

    /// <summary><c>input</c>: float32, (N, 3, size, size), normalised by the caller in the weights' own channel order.</summary>
    Normalized,
}

/// <summary>The arithmetic of an exported graph.</summary>
public enum OnnxPrecision
{
    /// <summary>4-byte floating point.</summary>
    Float32,

    /// <summary>
    /// 8-bit integers: signed weights with a scale for each output channel, unsigned activations whose scales follow from
    /// the model's <see cref="Models.VggModel.ActivationRanges"/>. About four times as fast where the processor has VNNI.
    /// Outputs are 4-byte floating point again.
    /// </summary>
    Int8,
}

/// <summary>An output of an exported graph.</summary>
/// <param name="Name">The name of the output; float32, (N, dimension).</param>
/// <param name="Layer">What it holds.</param>
public sealed record OnnxOutput(string Name, FeatureLayer Layer);

/// <summary>How a model is written as an ONNX graph.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The outputs, one or more. By default <c>logits</c>, or <c>block5_pool:avg</c> where there is no dense part.</summary>
    public IReadOnlyList<OnnxOutput>? Outputs { get; init; }

    /// <summary>What the graph takes in; pixels unless said otherwise.</summary>
    public OnnxInput Input { get; init; } = OnnxInput.Pixels;

    /// <summary>The arithmetic; <see cref="OnnxPrecision.Float32"/> unless said otherwise.</summary>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Float32;

    /// <summary>The name of the input; by default <c>pixels</c> or <c>input</c>, after <see cref="Input"/>.</summary>
    public string? InputName { get; init; }

    /// <summary>
    /// Side of the input in pixels, 32 to 4096; by default the architecture's. Only a network without dense part can
    /// have another than its own.
    /// </summary>
    [Range(VggArchitecture.SmallestInput, VggArchitecture.LargestInput)]
    public int? InputSize { get; init; }
}
