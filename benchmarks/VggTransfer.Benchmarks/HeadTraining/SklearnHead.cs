using System.Text.Json;
using VggTransfer.Benchmarks.Peers;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>scikit-learn in a process of its own, which has loaded the features before anything is timed.</summary>
internal sealed class SklearnHead : IDisposable
{
    /// <summary>scikit-learn's default.</summary>
    public const double DefaultTolerance = 1e-4;

    private readonly PythonPeer _peer;
    private readonly DirectoryInfo _folder;

    private SklearnHead(PythonPeer peer, DirectoryInfo folder)
    {
        _peer = peer;
        _folder = folder;
    }

    /// <summary>Null where there is no scikit-learn.</summary>
    public static SklearnHead? TryStart(HeadData data)
    {
        if (!DebianPython.Has("sklearn", "numpy"))
        {
            return null;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("vggtransfer-benchmark-");
        data.Write(folder.FullName);
        return new SklearnHead(new PythonPeer(Path.Combine("HeadTraining", "head_training.py"), folder.FullName), folder);
    }

    public HeadResult Fit(double l2, double tolerance = DefaultTolerance)
    {
        JsonElement answer = _peer.Ask(new { l2, tolerance });
        return new HeadResult(Figure("seconds"), Figure("loss"), Figure("accuracy"));

        double Figure(string name) => answer.GetProperty(name).GetDouble();
    }

    public void Dispose()
    {
        _peer.Dispose();
        _folder.Delete(recursive: true);
    }
}
