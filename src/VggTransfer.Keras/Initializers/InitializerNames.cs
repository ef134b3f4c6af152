namespace VggTransfer.Keras.Initializers;

internal static class InitializerNames
{
    public static Initializer Find(string name) => throw new NotSupportedException(name);
}
