namespace VggTransfer.Parity.Keras;

public static class FileListingParity
{
    public static IEnumerable<ParityCase> Check(string folder) => Directory.Exists(folder) ? [] : [];
}
