namespace VggTransfer.Keras.Models;

/// <summary>What Keras warns of in runs, in its words.</summary>
internal static class Warnings
{
    /// <param name="batches">How many batches the run asked for in all.</param>
    public static string RanOutOfData(long batches) =>
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
        + $"`steps_per_epoch * epochs` batches (in this case, {batches} batches). You may need to use the repeat() function "
        + "when building your dataset.";
}
