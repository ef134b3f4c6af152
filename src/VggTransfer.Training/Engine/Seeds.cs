namespace VggTransfer.Training;

/// <summary>Independent seeds from one (SplitMix64, Steele, Lea and Flood 2014).</summary>
internal static class Seeds
{
    /// <summary>A seed that differs for each number, and shares nothing visible with the neighbours'.</summary>
    public static ulong Derive(ulong seed, ulong number)
    {
        ulong z = Mix(seed + 0x9E3779B97F4A7C15) + ((number + 1) * 0x9E3779B97F4A7C15);
        return Mix(z);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
