using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// The SHA-256 of an image file's bytes. A cryptographic hash, because images come from anywhere: nobody can make a second
/// file that takes the features of a first one.
/// </summary>
internal readonly record struct ImageHash(ulong A, ulong B, ulong C, ulong D)
{
    public static ImageHash Of(ReadOnlySpan<byte> file)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(file, hash);
        return Read(hash);
    }

    /// <param name="bytes">32 bytes.</param>
    public static ImageHash Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, A);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], D);
    }
}
