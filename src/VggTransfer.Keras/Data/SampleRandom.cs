namespace VggTransfer.Keras.Data;

/// <summary>
/// Random numbers of which a seed gives the same on every machine and in every version of .NET: SplitMix64 (Steele, Lea,
/// Flood: Fast Splittable Pseudorandom Number Generators, 2014).
/// </summary>
internal sealed class SampleRandom(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>Another seed, for a part that is to have its own numbers.</summary>
    public static ulong Split(ulong seed, ulong part) => Mix(Mix(seed + Gamma) + ((part + 1) * Gamma));

    /// <summary>A whole number from 0 on, and below a limit of 1 or more.</summary>
    public int Below(int limit)
    {
        // Lemire, Fast Random Integer Generation in an Interval, 2019: the few products that would favour some numbers are
        // drawn again.
        uint range = (uint)limit;
        ulong product = (ulong)Next() * range;
        if ((uint)product < range)
        {
            uint threshold = (0u - range) % range;
            while ((uint)product < threshold)
            {
                product = (ulong)Next() * range;
            }
        }

        return (int)(product >> 32);
    }

    private uint Next()
    {
        _state += Gamma;
        return (uint)(Mix(_state) >> 32);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
