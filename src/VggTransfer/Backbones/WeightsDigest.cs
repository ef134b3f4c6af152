using System.Security.Cryptography;
using VggTransfer.Models;

namespace VggTransfer.Backbones;

/// <summary>
/// A hash of a network's numbers. They are read anew each time, so that no path and no date has to be trusted: in pieces, on
/// all processors, at the speed of SHA-256.
/// </summary>
internal static class WeightsDigest
{
    private const int PieceBytes = 4 << 20;

    /// <summary>The hash of tensors: their names, shapes, types and bytes.</summary>
    /// <returns>32 bytes; the same whatever the number of threads.</returns>
    public static byte[] Compute(IReadOnlyList<ModelTensor> tensors, int threads)
    {
        byte[][] hashes = HashPieces([.. tensors.Select(tensor => tensor.Data)], threads);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ModelTensor tensor in tensors)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{tensor.Name} ({string.Join(", ", tensor.Shape)}) {tensor.Type}\n"));
        }

        foreach (byte[] piece in hashes)
        {
            hash.AppendData(piece);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The hash of a graph's bytes, its weights among them.</summary>
    /// <inheritdoc cref="Compute"/>
    public static byte[] OfGraph(ReadOnlyMemory<byte> graph, int threads) => SHA256.HashData([.. HashPieces([graph], threads).SelectMany(piece => piece)]);

    private static byte[][] HashPieces(IReadOnlyList<ReadOnlyMemory<byte>> contents, int threads)
    {
        ReadOnlyMemory<byte>[] pieces = [.. contents.SelectMany(content => Enumerable.Range(0, (content.Length + PieceBytes - 1) / PieceBytes)
            .Select(i => content.Slice(i * PieceBytes, Math.Min(PieceBytes, content.Length - (i * PieceBytes)))))];
        byte[][] hashes = new byte[pieces.Length][];
        Parallel.For(0, pieces.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => hashes[i] = SHA256.HashData(pieces[i].Span));
        return hashes;
    }
}
