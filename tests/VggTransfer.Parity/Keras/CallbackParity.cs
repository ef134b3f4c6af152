namespace VggTransfer.Parity.Keras;

public static class CallbackParity
{
    public static IEnumerable<ParityCase> Check(string folder) => Directory.Exists(folder) ? [] : [];
}
