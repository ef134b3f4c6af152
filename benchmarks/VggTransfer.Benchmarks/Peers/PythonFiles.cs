namespace VggTransfer.Benchmarks.Peers;

/// <summary>The scripts beside this program.</summary>
internal static class PythonFiles
{
    public static string Images { get; } = Path.Combine("Peers", "images_peer.py");
}
