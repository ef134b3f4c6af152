using VggTransfer.Models;
using VggTransfer.Parity;
using VggTransfer.Parity.Weights;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Weights;

/// <summary>
/// The files of shared/goldens/weights, named as <c>torch/vgg16.zip.pth</c>, and the oracle for what was read from them: what
/// the tools that wrote them computed.
/// </summary>
internal static class GoldenWeights
{
    // Some cases allow 1e-3; the goldens' README says that 1e-4 can be met. Files of less precision allow more by themselves.
    private const double Single = 1e-4;

    /// <summary>A case's file, folder or prefix; skips the test where the goldens are absent.</summary>
    public static string Path(string file) => System.IO.Path.Combine(Folder(file), System.IO.Path.GetFileName(file));

    /// <summary>Compares architecture, last map, fc7 and logits, those that there are.</summary>
    public static void AssertMatches(string file, VggModel model)
    {
        ParityCase compared = WeightsParity.CheckModel(Folder(file), System.IO.Path.GetFileName(file), model, file.Contains("fp16", StringComparison.Ordinal) ? null : Single);
        Assert.True(compared.Passed, compared.Detail);
    }

    private static string Folder(string file) => SharedData.Require($"goldens/weights/{System.IO.Path.GetDirectoryName(file)}");
}
