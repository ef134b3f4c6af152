using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: the ONNX project's own checker with its shape inference.</summary>
public sealed class OnnxCheckerTests
{
    [Fact]
    public void Files_of_every_kind_pass_the_checker()
    {
        using var folder = new TemporaryFolder();
        var small = new VggArchitecture { WidthMultiplier = 1.0 / 32, InputSize = 32, DenseUnits = 5, Classes = 4 };
        OnnxOutput[] several = [new("a", FeatureLayer.Parse("block4_pool:avg+block5_conv2:max+block3_pool")), new("b", FeatureLayer.Parse("block5_conv1"))];
        (VggArchitecture Architecture, TensorType Type, OnnxExportOptions Options)[] cases =
        [
            (small, TensorType.Float32, new OnnxExportOptions()),
            (small, TensorType.Float16, new OnnxExportOptions { Input = OnnxInput.Normalized }),
            (small with { Configuration = VggConfiguration.C, BatchNorm = true }, TensorType.BFloat16, new OnnxExportOptions { Outputs = [new("p", FeatureLayer.Parse("probabilities")), .. several] }),
            (small with { Configuration = VggConfiguration.A, FifthPool = false, IncludeTop = false }, TensorType.Float16, new OnnxExportOptions { InputSize = 48, Outputs = several, InputName = "Features.Pixels" }),
        ];
        string[] paths = [.. cases.Select((_, i) => folder.File($"{i}.onnx"))];
        foreach (((VggArchitecture architecture, TensorType type, OnnxExportOptions options), string path) in cases.Zip(paths))
        {
            OnnxModelWriter.Write(RandomModels.CreateTrainable(architecture, type: type), path, options);
        }

        string printed = PythonOracle.Run("onnx", "python3-onnx", "import onnx, sys\nfor p in sys.argv[1:]: onnx.checker.check_model(p, full_check=True); print('ok')", paths);

        Assert.Equal(cases.Length, printed.Split('\n').Count(line => line == "ok"));
        Assert.Equal(paths, Directory.GetFiles(folder.Path).Order());
    }
}
