using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;
using VggTransfer.Weights.Formats.PyTorch;

namespace VggTransfer.Tests.PyTorch;

/// <summary>Oracle: torch and torchvision themselves, whichever version the machine has. Skipped where it has none.</summary>
public sealed class TorchTests(TorchFiles files) : IClassFixture<TorchFiles>
{
    public static TheoryData<string> Savings => new()
    {
        "torch.save(model.state_dict(), path)",
        "torch.save(model.state_dict(), path, _use_new_zipfile_serialization=False)",
        "torch.save(model.state_dict(), path, pickle_protocol=1)",
        "torch.save(model.state_dict(), path, pickle_protocol=3)",
        "torch.save(model.state_dict(), path, pickle_protocol=4)",
        "torch.save(model.state_dict(), path, pickle_protocol=5)",
        "torch.save(model.state_dict(), path, pickle_protocol=4, _use_new_zipfile_serialization=False)",
        "torch.save(model.half().state_dict(), path)",
        "torch.save(model.bfloat16().state_dict(), path, _use_new_zipfile_serialization=False)",
        "torch.save(model.double().state_dict(), path)",
        "torch.save(model.to(memory_format=torch.channels_last).state_dict(), path)",
        "torch.save(torch.nn.DataParallel(model).state_dict(), path)",
        "torch.save(dict(model.named_parameters()), path)",
        "torch.save({k: torch.nn.Parameter(v) for k, v in model.state_dict().items()}, path)",
        "torch.save({k: v.t().contiguous().t() if v.dim() == 2 else v for k, v in model.state_dict().items()}, path)",
        "flat = torch.nn.utils.parameters_to_vector(model.parameters()).detach(); torch.nn.utils.vector_to_parameters(flat, model.parameters()); torch.save(model.state_dict(), path, _use_new_zipfile_serialization=False)",
        "torch.save(torch.nn.Sequential(*model.features, torch.nn.Flatten(), *model.classifier).state_dict(), path)",
        "torch.save({'features': model.features.state_dict(), 'classifier': model.classifier.state_dict()}, path)",
        "model.features = torch.nn.DataParallel(model.features); torch.save({'epoch': 3, 'arch': 'vgg11', 'state_dict': model.state_dict(), 'best_acc1': torch.tensor(7.0)}, path)",
        "optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9); model(image).sum().backward(); optimizer.step(); torch.save({'optimizer': optimizer.state_dict(), 'net': model.state_dict(), 'acc': 0.5, 'epoch': 1}, path)",
        "model = narrow(bn=True)\nfor module in model.features:\n  if isinstance(module, torch.nn.Conv2d): module.bias = None\ntorch.save(model.state_dict(), path)",
        "optimizer = torch.optim.Adam(model.parameters()); model(image).sum().backward(); optimizer.step(); torch.save({'model_state_dict': model.state_dict(), 'optimizer_state_dict': optimizer.state_dict(), 'loss': model(image).sum()}, path, _use_new_zipfile_serialization=False)",
    };

    public static TheoryData<string, string> Refusals => new()
    {
        { "torch.save(model, path)", "it holds a whole model as a Python object" },
        { "torch.jit.save(torch.jit.script(model), path)", "it is a TorchScript program" },
        { "torch.save(model.features[0].weight.to_sparse(), path)", "it holds a sparse tensor" },
        { "torch.save(torch.quantize_per_tensor(image, 1, 0, torch.qint8), path)", "it holds a quantised tensor" },
        { "torch.save(image, path)", "it holds one tensor" },
        { "import numpy; torch.save({'state_dict': model.state_dict(), 'acc': numpy.float64(1)}, path)", "it needs the Python object 'numpy.core.multiarray.scalar'" },
        { "import argparse; torch.save({'state_dict': model.state_dict(), 'args': argparse.Namespace(lr=1)}, path, _use_new_zipfile_serialization=False)", "it needs the Python object 'argparse.Namespace'" },
        { "torch.save(torchvision.models.squeezenet1_1().state_dict(), path)", "it has a tensor 'features.3.squeeze.weight' among its convolutions, which no VGG has" },
        { "torch.save(torchvision.models.mobilenet_v2().state_dict(), path)", "its convolutions are those of no VGG" },
    };

    private static float[] Logits(VggModel model)
    {
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized, Outputs = [new OnnxOutput("logits", FeatureLayer.Parse("logits"))] });
        return run.Run(TorchFiles.Image, 1)["logits"];
    }

    [Theory]
    [MemberData(nameof(Savings))]
    public void What_torch_saves_computes_the_same(string saving)
    {
        (string path, float[] expected) = files.Saved(saving);

        using WeightsContent read = PyTorchModelReader.Read(path);

        Near.Assert(expected, Logits(read.Model), 1e-5);
        byte[] head = [.. File.ReadAllBytes(path).Take(64)];
        Assert.True(new PyTorchFormat().LooksLike(head, path));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_is_no_state_dict_of_a_VGG_is_refused(string saving, string reason)
    {
        (string path, _) = files.Saved(saving);

        string actual = Assert.Throws<InvalidModelFileException>(() => PyTorchModelReader.Read(path)).Reason;

        Assert.StartsWith(reason, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Written_files_load_strictly_with_weights_only_and_compute_the_same()
    {
        using var folder = new TemporaryFolder();
        (TensorType Type, bool BatchNorm)[] kinds = [(TensorType.Float32, false), (TensorType.Float32, true), (TensorType.Float16, false), (TensorType.BFloat16, true)];
        foreach ((TensorType type, bool batchNorm) in kinds)
        {
            using VggModel random = RandomModels.Create(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, DenseUnits = 6, Classes = 3, BatchNorm = batchNorm });

            // A variance below 0 is no variance.
            using var model = new VggModel(random.Architecture, random.Tensors.Values.Select(tensor => tensor.Name.EndsWith("var", StringComparison.Ordinal) ? ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(value => value + 1)]) : tensor));
            PyTorchModelWriter.Write(model, folder.File($"{type}-{batchNorm}"), type, TestContext.Current.CancellationToken);
        }

        float[][] answers = TorchFiles.Run(
            """
            for path in sys.argv[1:]:
                dtype, bn = path.split('/')[-1].split('-')
                state = torch.load(path, weights_only=True)
                assert {value.dtype for value in state.values()} == {getattr(torch, dtype.lower())}
                model = narrow(bn=bn == 'True')
                model.load_state_dict(state, strict=True)
                answer(model)
            """,
            [.. kinds.Select(kind => folder.File($"{kind.Type}-{kind.BatchNorm}"))]);

        Assert.Equal(kinds.Length, answers.Length);
        foreach (((TensorType type, bool batchNorm), float[] expected) in kinds.Zip(answers))
        {
            using WeightsContent read = PyTorchModelReader.Read(folder.File($"{type}-{batchNorm}"));
            Near.Assert(expected, Logits(read.Model), 1e-5);
        }
    }
}
