using VggTransfer.Keras.Initializers;

namespace VggTransfer.Keras.Data;

/// <summary>
/// Random numbers, one after the other, of which a seed gives the same on every machine and in every version of .NET:
/// SplitMix64 (see <see cref="RandomNumbers"/>).
/// </summary>
internal sealed class SampleRandom(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

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
        return (uint)(RandomNumbers.Mix(_state) >> 32);
    }
}
