using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Protobuf;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Tests.Onnx;

/// <summary>Whatever the bytes, reading ends in a model or in <see cref="InvalidModelFileException"/>.</summary>
public sealed class OnnxFuzzTests
{
    [Fact]
    public void Mutated_files_give_a_model_or_our_exception()
    {
        OnnxStyle[] styles =
        [
            new() { Dropout = 0.5f, ListsWeights = true, OperatorSet = 7 },
            new() { TensorFlow = true, Flatten = "Reshape", Softmax = true, Storage = "transposed" },
            new() { DenseAsConvolutions = true, Storage = "floats", Flatten = "Dynamic" },
            new() { Storage = "external" },
        ];
        ProtobufMutation[] seeds = [.. styles.Select(style => new ProtobufMutation(Written(style, 1), Written(style, 2))), new(Own(1), Own(2))];

        ProtobufFuzz.Run(seeds, bytes => OnnxModelReader.Parse(bytes, "x.onnx"));
    }

    private static byte[] Written(OnnxStyle style, int seed) => OnnxTestGraph.Write(RandomModels.Create(RandomModels.Tiny, seed: seed), style with { External = ("nowhere", []) });

    private static byte[] Own(int seed)
    {
        VggModel model = RandomModels.Create(RandomModels.Tiny, seed: seed);
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(new VggModel(model.Architecture, model.Tensors.Values) { Preprocessing = PreprocessingFamily.Torchvision, Labels = ["a", "b"] }, stream);
        return stream.ToArray();
    }
}
