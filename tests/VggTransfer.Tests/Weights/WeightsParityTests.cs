using VggTransfer.Models;
using VggTransfer.Parity;
using VggTransfer.Parity.Weights;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Weights;

/// <summary>Oracle: the tools that wrote shared/goldens/weights. The same as <c>VggTransfer.Parity weights</c>.</summary>
public sealed class WeightsParityTests
{
    private const int CasesOnTheFirstDay = 80;

    [Fact]
    public void Every_golden_file_is_read_rightly_or_refused_for_a_reason()
    {
        IReadOnlyList<ParityCase> cases = WeightsParity.Check(SharedData.Require("goldens/weights"));

        Assert.Empty(cases.Where(item => !item.Passed).Select(item => $"{item.Name} {item.Detail}"));
        Assert.True(cases.Count >= CasesOnTheFirstDay, $"{cases.Count} cases");
    }

    [Fact]
    public void One_changed_weight_is_noticed()
    {
        string path = GoldenWeights.Path("torch/vgg16.torchvision.safetensors");
        using VggModel model = SafetensorsModelReader.Read(path);
        var changed = new VggModel(model.Architecture, model.Tensors.Values.Select(tensor => tensor.Name == "classifier.6.bias" ? Shift(tensor) : tensor));

        ParityCase compared = WeightsParity.CheckModel(Path.GetDirectoryName(path)!, Path.GetFileName(path), changed);

        Assert.False(compared.Passed);
        Assert.StartsWith("logits is beyond 1.0e-04", compared.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_architecture_is_noticed()
    {
        string path = GoldenWeights.Path("torch/vgg16.torchvision.safetensors");
        using VggModel model = SafetensorsModelReader.Read(GoldenWeights.Path("timm/vgg16_bn.k2.safetensors"));

        ParityCase compared = WeightsParity.CheckModel(Path.GetDirectoryName(path)!, Path.GetFileName(path), model);

        Assert.False(compared.Passed);
        Assert.Contains("batch norm that isn't there", compared.Detail, StringComparison.Ordinal);
    }

    private static ModelTensor Shift(ModelTensor tensor) => ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(value => value + 0.1f)]);
}
