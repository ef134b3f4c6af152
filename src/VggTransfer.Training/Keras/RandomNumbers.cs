namespace VggTransfer.Keras;

/// <summary>
/// Random numbers that follow from a seed and a position alone, whatever the machine and the number of threads: the
/// position, spread over 64 bits by the mixing function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
/// Number Generators, 2014; constants of Stafford's variant 13).
/// </summary>
internal readonly struct RandomNumbers(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const double Unit = 1.0 / (1UL << 53);

    // Mixed, so that neighbouring seeds don't give the same sequence shifted by one.
    private readonly ulong _start = Mix(seed + Gamma);

    /// <summary>A number above 0 and below 1.</summary>
    public double Uniform(long position) =>
        ((Mix(_start + (((ulong)position + 1) * Gamma)) >> 11) + 0.5) * Unit;

    /// <summary>Another seed, for a part that is to have its own numbers.</summary>
    public static ulong Split(ulong seed, ulong part) => Mix(Mix(seed + Gamma) + ((part + 1) * Gamma));

    /// <summary>The mixing function.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
