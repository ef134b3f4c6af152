using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Weights;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: what torch.onnx's two exporters, ONNX Runtime, onnxconverter-common and tf2onnx wrote, with the writers' own results beside it.</summary>
public sealed class OnnxModelReaderGoldenTests
{
    [Theory]
    [InlineData("onnx/vgg16.ts.op13.dynamic.onnx", false, TensorType.Float32, 0)]
    [InlineData("onnx/vgg16.dynamo.op18.static.onnx", false, TensorType.Float32, 0)]
    [InlineData("onnx/vgg16_bn.ts.op17.nofold.onnx", true, TensorType.Float32, 0)]
    [InlineData("onnx/vgg16_bn.dynamo.op20.dynamic.onnx", false, TensorType.Float32, 0)]
    [InlineData("onnx/vgg16.dynamo.external.onnx", false, TensorType.Float32, 0)]
    [InlineData("onnx/vgg16.ts.fp16.onnx", false, TensorType.Float16, 0)]
    [InlineData("onnx/vgg16.ort_extended.onnx", false, TensorType.Float32, 0)]
    [InlineData("tf_keras/vgg16.tf2onnx.op13.onnx", false, TensorType.Float32, 1)]
    public void Golden_file_gives_what_its_writer_got(string file, bool batchNorm, TensorType type, int notes)
    {
        using WeightsContent content = OnnxModelReader.Read(SharedData.Require($"goldens/weights/{file}"));

        Assert.Equal(WeightsFormat.Onnx, content.Format);
        Assert.Equal(batchNorm, content.Model.Architecture.BatchNorm);
        Assert.Equal(1e-5, content.Model.Architecture.BatchNormEpsilon);
        Assert.All(content.Model.Tensors.Values, tensor => Assert.Equal(type, tensor.Type));
        Assert.Null(content.Model.Preprocessing);
        Assert.Equal(notes, content.Notes.Count);
        GoldenWeights.AssertMatches(file, content.Model);
    }

    // Oracle: the reasons in expected.json, in our words.
    [Theory]
    [InlineData("onnx/vgg16.traversal.onnx", "tensor 'features.2.weight' lies in '../../../../etc/hostname', which leaves the model's folder; files elsewhere are never read, so put it beside the model under a plain name")]
    [InlineData("onnx/vgg16.int8_qdq.onnx", "'input_QuantizeLinear' (QuantizeLinear) is of a quantised model, whose weights aren't read; take the floating-point model that it was made from")]
    [InlineData("broken/stride2.onnx", "'/features/features.0/Conv' (Conv) has stride 2x2, and a VGG's convolutions have stride 1")]
    [InlineData("broken/average_pool.onnx", "'/features/features.2/MaxPool' (AveragePool) is an average pool of 2x2 with stride 2x2, and a VGG has MaxPool of 2x2 with stride 2 there")]
    [InlineData("broken/huge_dims.onnx", "tensor 'features.3.weight' claims the shape (1099511627776, 1, 3, 3), and a weight has dimensions from 1 on and at most 2,147,483,647 numbers; the file is damaged")]
    [InlineData("broken/truncated.onnx", "a field of 16,192 bytes reaches past the end of what it is part of; the file is cut off or damaged")]
    public void Broken_golden_file_is_refused(string file, string reason)
    {
        string path = SharedData.Require($"goldens/weights/{file}");

        var exception = Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Read(path));

        Assert.Equal((path, "ONNX", reason), (exception.Path, exception.Format, exception.Reason));
    }
}
