using System.ComponentModel.DataAnnotations;

namespace VggTransfer.Training;

/// <summary>Where and how a model computes. Fixed at the model's first computation.</summary>
public sealed record ExecutionOptions
{
    /// <summary><c>auto</c> (CUDA if there is one, else Apple's MPS, else the CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> or <c>mps</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>The type of the computation.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Threads of the CPU's computation, 1 to 1024; null for one for each core.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int? Threads { get; init; }

    /// <summary>What initial weights, dropout and the order of samples depend on. The same seed gives the same training twice on a CPU with as many threads.</summary>
    public int Seed { get; init; }
}

/// <summary>The type of a model's computation.</summary>
public enum Precision
{
    /// <summary>4-byte floating point.</summary>
    Float32,

    /// <summary>
    /// bfloat16 in layers, 4-byte floating point in weights, loss and updates (Keras: mixed_bfloat16). About twice as fast
    /// where the processor or GPU has it.
    /// </summary>
    BFloat16,

    /// <summary>8-byte floating point, for comparisons.</summary>
    Float64,
}
