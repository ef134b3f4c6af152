using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>Reads what callbacks had saved; the file may be another's or damaged.</summary>
internal static class CallbackState
{
    /// <summary>Whole numbers of a given count.</summary>
    /// <exception cref="ArgumentException">They aren't there.</exception>
    public static int[] Integers(this IReadOnlyDictionary<string, NDArray> state, string name, int count) =>
        state.TryGetValue(name, out NDArray? array) && array is { Type: ElementType.Int32 } && array.Count == count
            ? (int[])array.Values
            : throw new ArgumentException($"The saved state of a callback lacks its '{name}'.", nameof(state));

    /// <summary>Numbers of a given count.</summary>
    /// <exception cref="ArgumentException">They aren't there.</exception>
    public static double[] Numbers(this IReadOnlyDictionary<string, NDArray> state, string name, int count) =>
        state.TryGetValue(name, out NDArray? array) && array is { Type: ElementType.Float64 } && array.Count == count
            ? (double[])array.Values
            : throw new ArgumentException($"The saved state of a callback lacks its '{name}'.", nameof(state));
}
