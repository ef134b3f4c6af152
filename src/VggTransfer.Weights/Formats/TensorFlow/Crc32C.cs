using System.Buffers.Binary;
using System.Numerics;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>CRC-32C (Castagnoli), and the masked form in which LevelDB's tables and TensorFlow's bundles store it.</summary>
internal struct Crc32C
{
    // LevelDB, util/crc32c.h: a checksum of data that hold checksums is a weak one, unless they are rotated and shifted.
    private const uint MaskDelta = 0xA282EAD8;

    private uint _state;
    private bool _started;

    /// <summary>The checksum of what was added, masked.</summary>
    public readonly uint Masked
    {
        get
        {
            uint value = _started ? ~_state : 0;
            return BitOperations.RotateRight(value, 15) + MaskDelta;
        }
    }

    public static uint MaskedOf(ReadOnlySpan<byte> data)
    {
        var crc = default(Crc32C);
        crc.Add(data);
        return crc.Masked;
    }

    public void Add(ReadOnlySpan<byte> data)
    {
        uint state = _started ? _state : uint.MaxValue;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte value in data)
        {
            state = BitOperations.Crc32C(state, value);
        }

        _state = state;
        _started = true;
    }
}
