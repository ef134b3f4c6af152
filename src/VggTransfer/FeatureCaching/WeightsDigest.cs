using System.Security.Cryptography;
using VggTransfer.Models;

namespace VggTransfer.FeatureCaching;

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
        (ModelTensor Tensor, int Start)[] pieces = [.. tensors.SelectMany(tensor =>
            Enumerable.Range(0, (tensor.Data.Length + PieceBytes - 1) / PieceBytes).Select(i => (tensor, i * PieceBytes)))];
        byte[][] hashes = new byte[pieces.Length][];
        Parallel.For(0, pieces.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            (ModelTensor tensor, int start) = pieces[i];
            hashes[i] = SHA256.HashData(tensor.Data.Span.Slice(start, Math.Min(PieceBytes, tensor.Data.Length - start)));
        });

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
}
