namespace VggTransfer.Keras.Losses;

internal static class LossNames
{
    public static Loss Find(string name) => throw new NotSupportedException(name);
}
