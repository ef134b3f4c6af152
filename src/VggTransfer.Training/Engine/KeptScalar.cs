using TorchSharp;

namespace VggTransfer.Training;

/// <summary>
/// Numbers for libtorch's operations. A number that is converted on the fly lives in an object that nothing refers to while
/// libtorch reads it, and the garbage collector may free it just then; these are kept until long after.
/// </summary>
internal static class KeptScalar
{
    // An operation takes three at the most, and is over before the next one of the same thread begins.
    private const int Count = 64;

    [ThreadStatic]
    private static Scalar?[]? s_kept;

    [ThreadStatic]
    private static int s_next;

    private static Scalar? s_one;

    /// <summary>The factor of a plain sum: a whole number, so that whole numbers stay such.</summary>
    /// <remarks>Threads that are first together get the same object: nothing would keep one that another has replaced.</remarks>
    public static Scalar One => s_one ?? Interlocked.CompareExchange(ref s_one, 1, null) ?? s_one;

    public static Scalar Of(double value)
    {
        Scalar?[] kept = s_kept ??= new Scalar?[Count];
        s_next = (s_next + 1) % Count;
        return kept[s_next] = value;
    }
}
