namespace VggTransfer.Keras.Data;

/// <summary>
/// NumPy's <c>RandomState(seed)</c>, as far as shuffling needs it: the Mersenne Twister MT19937 (Matsumoto and Nishimura,
/// 1998) seeded by a single number, and whole numbers by masking and drawing again.
/// </summary>
internal sealed class NumPyRandom
{
    private const int Length = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _position = Length;

    public NumPyRandom(uint seed)
    {
        _state[0] = seed;
        for (int i = 1; i < Length; i++)
        {
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;
        }
    }

    /// <summary>Mixes a list as <c>RandomState.shuffle</c> does: from the end on, each with one at or before it.</summary>
    public void Shuffle<T>(IList<T> list)
    {
        for (int i = list.Count - 1; i > 0; i--)
        {
            int other = (int)UpTo((uint)i);
            (list[i], list[other]) = (list[other], list[i]);
        }
    }

    private uint UpTo(uint largest)
    {
        uint mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(largest);
        uint value;
        do
        {
            value = Next() & mask;
        }
        while (value > largest);
        return value;
    }

    private uint Next()
    {
        if (_position == Length)
        {
            Twist();
        }

        uint value = _state[_position++];
        value ^= value >> 11;
        value ^= (value << 7) & 0x9D2C5680;
        value ^= (value << 15) & 0xEFC60000;
        return value ^ (value >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < Length; i++)
        {
            uint joined = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7FFFFFFF);
            _state[i] = _state[(i + Middle) % Length] ^ (joined >> 1) ^ ((joined & 1) * 0x9908B0DF);
        }

        _position = 0;
    }
}
