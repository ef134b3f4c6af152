using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.PyTorch;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;
using VggTransfer.Weights;

namespace VggTransfer.Tests.PyTorch;

/// <summary>Oracle: torch and torchvision themselves, whichever version the machine has. Skipped where it has none.</summary>
public sealed class TorchTests
{
    private const string Common = """
        import sys, torch, torchvision, collections
        from torchvision.models.vgg import VGG, make_layers
        torch.manual_seed(5)
        A = [2, 'M', 4, 'M', 8, 8, 'M', 16, 16, 'M', 16, 16, 'M']
        def narrow(cfg=A, bn=False, units=6, classes=3):
            model = VGG(make_layers(cfg, batch_norm=bn))
            model.avgpool = torch.nn.Identity()
            model.classifier = torch.nn.Sequential(torch.nn.Linear(16, units), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(units, units), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(units, classes))
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    torch.nn.init.uniform_(module.running_mean); torch.nn.init.uniform_(module.running_var, 0.5, 2); torch.nn.init.uniform_(module.weight, 0.5, 2)
            return model.eval()
        image = torch.arange(3 * 32 * 32, dtype=torch.float32).reshape(1, 3, 32, 32) % 17 / 8 - 1
        def answer(model):
            with torch.no_grad():
                print(' '.join(repr(float(x)) for x in model.double()(image.double()).flatten()))
        """;

    private static float[] Image { get; } = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (i % 17 / 8f) - 1)];

    private static float[] Run(string script, params string[] arguments)
    {
        PythonOracle.Run("torchvision", "python3-torchvision", "", []);
        return [.. PythonOracle.Run("torch", "python3-torch", Common + "\n" + script, arguments).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(number => float.Parse(number, CultureInfo.InvariantCulture))];
    }

    private static float[] Logits(VggModel model)
    {
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized, Outputs = [new OnnxOutput("logits", FeatureLayer.Parse("logits"))] });
        return run.Run(Image, 1)["logits"];
    }

    [Theory]
    [InlineData(TensorType.Float32, false)]
    [InlineData(TensorType.Float32, true)]
    [InlineData(TensorType.Float16, false)]
    [InlineData(TensorType.BFloat16, true)]
    public void Written_file_loads_strictly_with_weights_only_and_computes_the_same(TensorType type, bool batchNorm)
    {
        using var folder = new TemporaryFolder();
        using VggModel random = RandomModels.Create(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, DenseUnits = 6, Classes = 3, BatchNorm = batchNorm });

        // A variance below 0 is no variance.
        using var model = new VggModel(random.Architecture, random.Tensors.Values.Select(tensor => tensor.Name.EndsWith("var", StringComparison.Ordinal) ? ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(value => value + 1)]) : tensor));
        PyTorchModelWriter.Write(model, folder.File("m.pth"), type, TestContext.Current.CancellationToken);

        float[] expected = Run(
            """
            state = torch.load(sys.argv[1], weights_only=True)
            assert {value.dtype for value in state.values()} == {getattr(torch, sys.argv[2])}
            model = narrow(bn=sys.argv[3] == 'True')
            model.load_state_dict(state, strict=True)
            answer(model)
            """,
            folder.File("m.pth"), type.ToString().ToLowerInvariant(), batchNorm.ToString());

        using WeightsContent read = PyTorchModelReader.Read(folder.File("m.pth"));
        Near.Assert(expected, Logits(read.Model), 1e-5);
    }

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
        "optimizer = torch.optim.Adam(model.parameters()); model(image).sum().backward(); optimizer.step(); torch.save({'model_state_dict': model.state_dict(), 'optimizer_state_dict': optimizer.state_dict(), 'loss': model(image).sum()}, path, _use_new_zipfile_serialization=False)",
    };

    [Theory]
    [MemberData(nameof(Savings))]
    public void What_torch_saves_computes_the_same(string saving)
    {
        using var folder = new TemporaryFolder();
        float[] expected = Run($"path = sys.argv[1]\nmodel = narrow()\n{saving}\nanswer(model)", folder.File("m.pth"));

        using WeightsContent read = PyTorchModelReader.Read(folder.File("m.pth"));

        Near.Assert(expected, Logits(read.Model), 1e-5);
        byte[] head = [.. File.ReadAllBytes(folder.File("m.pth")).Take(64)];
        Assert.True(PyTorchModelReader.LooksLike(head, folder.File("m.pth")));
    }

    [Fact]
    public void Batch_norm_and_its_counters_are_read_and_the_convolutions_need_no_bias()
    {
        using var folder = new TemporaryFolder();
        float[] expected = Run(
            """
            model = narrow(bn=True)
            for module in model.features:
                if isinstance(module, torch.nn.Conv2d): module.bias = None
            torch.save(model.state_dict(), sys.argv[1])
            answer(model)
            """,
            folder.File("m.pth"));

        using WeightsContent read = PyTorchModelReader.Read(folder.File("m.pth"));

        Assert.True(read.Model.Architecture.BatchNorm);
        Near.Assert(expected, Logits(read.Model), 1e-5);
    }

    [Theory]
    [InlineData("torch.save(model, path)", "it holds a whole model as a Python object")]
    [InlineData("torch.jit.save(torch.jit.script(model), path)", "it is a TorchScript program")]
    [InlineData("torch.save(model.features[0].weight.to_sparse(), path)", "it holds a sparse tensor")]
    [InlineData("torch.save(torch.quantize_per_tensor(image, 1, 0, torch.qint8), path)", "it holds a quantised tensor")]
    [InlineData("torch.save(image, path)", "it holds one tensor")]
    [InlineData("import numpy; torch.save({'state_dict': model.state_dict(), 'acc': numpy.float64(1)}, path)", "it needs the Python object 'numpy.core.multiarray.scalar'")]
    [InlineData("import argparse; torch.save({'state_dict': model.state_dict(), 'args': argparse.Namespace(lr=1)}, path, _use_new_zipfile_serialization=False)", "it needs the Python object 'argparse.Namespace'")]
    [InlineData("torch.save(torchvision.models.resnet18().state_dict(), path)", "none of its 102 tensors is a convolution of a VGG")]
    [InlineData("torch.save(torchvision.models.alexnet().state_dict(), path)", "'features.0.weight' has a kernel of 11x11")]
    [InlineData("torch.save(torchvision.models.squeezenet1_1().state_dict(), path)", "it has a tensor 'features.3.squeeze.weight' among its convolutions, which no VGG has")]
    [InlineData("torch.save(torchvision.models.mobilenet_v2().state_dict(), path)", "none of its 262 tensors is a convolution of a VGG")]
    public void What_is_no_state_dict_of_a_VGG_is_refused(string saving, string reason)
    {
        using var folder = new TemporaryFolder();
        Run($"path = sys.argv[1]\nmodel = narrow()\n{saving}", folder.File("m.pth"));

        string actual = Assert.Throws<InvalidModelFileException>(() => PyTorchModelReader.Read(folder.File("m.pth"))).Reason;

        Assert.StartsWith(reason, actual, StringComparison.Ordinal);
    }
}
