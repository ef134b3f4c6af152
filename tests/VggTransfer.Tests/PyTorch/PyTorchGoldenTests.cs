using VggTransfer.Models;
using VggTransfer.Weights.Formats.PyTorch;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Weights;

namespace VggTransfer.Tests.PyTorch;

/// <summary>Oracle: torch 2.13, torchvision 0.28 and timm 1.0.31, in shared/goldens/weights.</summary>
public sealed class PyTorchGoldenTests
{
    [Theory]
    [InlineData("torch", "vgg16.zip.pth")]
    [InlineData("torch", "vgg16.views.pth")]
    [InlineData("torch", "vgg16.cuda.pth")]
    [InlineData("torch", "vgg16.bf16.pth")]
    [InlineData("torch", "vgg11.legacy.pth")]
    [InlineData("torch", "vgg13_bn.imagenet_example.pth.tar")]
    [InlineData("torch", "vgg11.kuangliu_cifar10.pth")]
    [InlineData("timm", "vgg11_bn.k7.pth")]
    public void File_of_torch_gives_what_torch_computes(string folder, string file)
    {
        string path = GoldenWeights.Path($"{folder}/{file}");

        using WeightsContent content = PyTorchModelReader.Read(path);

        GoldenWeights.AssertMatches($"{folder}/{file}", content.Model);
        Assert.Null(content.Model.Preprocessing);
        Assert.Equal(WeightsFormat.PyTorch, content.Format);
        Assert.True(new PyTorchFormat().LooksLike(File.ReadAllBytes(path), path));
    }

    [Theory]
    [InlineData("torch", "vgg16.torchvision.safetensors")]
    [InlineData("timm", "vgg16_bn.k2.safetensors")]
    [InlineData("timm", "vgg11_bn.k7.safetensors")]
    public void Safetensors_of_torch_gives_what_torch_computes(string folder, string file)
    {
        string path = GoldenWeights.Path($"{folder}/{file}");

        using WeightsContent content = SafetensorsModelReader.ReadContent(path);

        GoldenWeights.AssertMatches($"{folder}/{file}", content.Model);
        Assert.Empty(content.Notes);
        Assert.Equal(WeightsFormat.Safetensors, content.Format);
    }

    [Theory]
    [InlineData("torch/vgg16.sparse.pth", "it holds a sparse tensor ('torch._utils._rebuild_sparse_tensor'), and only dense ones are read; call to_dense() on it, then save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')")]
    [InlineData("torch/vgg16.module.pth", "it holds a whole model as a Python object ('torchvision.models.vgg.VGG'), whose code would have to be run; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')")]
    [InlineData("torch/vgg16.script.pt", "it is a TorchScript program, not weights; in Python: torch.save(torch.jit.load('this file').state_dict(), 'weights.pth')")]
    [InlineData("broken/truncated.pth", "its zip archive has no list of members at the end: the file is cut off, so get it again")]
    [InlineData("broken/truncated_legacy_head.pth", "its pickle is cut off or damaged; get the file again")]
    [InlineData("broken/missing_bias.pth", "it looks like VGG11, width 0.015625, and 'features.8.bias' is missing")]
    [InlineData("broken/list.pth", "it holds a list, whose tensors have no names; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')")]
    [InlineData("broken/resnet.pth", "none of its * tensors is a convolution of a VGG under PyTorch's names ('features.0.weight' and so on)")]
    [InlineData("broken/empty.pth", "it is empty")]
    [InlineData("broken/evil_reduce.pth", "it needs the Python object 'posix.system', and nothing but tensors is ever taken from such a file, because it could run code; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')")]
    [InlineData("broken/short_storage.pth", "its member * holds 36 bytes, and its pickle says 72; get the file again")]
    [InlineData("broken/negative_offset.pth", "tensor * begins at element -4 of its storage with strides *, and neither can be negative; get the file again")]
    [InlineData("broken/deep_pickle.pth", "its pickle is nested more than 1,000 deep, which no model is; it is damaged or hostile")]
    public void Unusable_golden_file_is_refused_with_its_reason(string file, string reason)
    {
        string path = SharedData.Require($"goldens/weights/{file}");

        var exception = Assert.Throws<InvalidModelFileException>(() => PyTorchModelReader.Read(path));

        Assert.Equal(path, exception.Path);
        string[] parts = reason.Split('*');
        Assert.StartsWith(parts[0], exception.Reason, StringComparison.Ordinal);
        Assert.EndsWith(parts[^1], exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Member_with_a_path_outside_is_left_alone()
    {
        string path = SharedData.Require("goldens/weights/broken/traversal_member.pth");

        using WeightsContent content = PyTorchModelReader.Read(path);

        Assert.Equal("VGG11, width 0.015625", content.Model.Architecture.DisplayName);
        Assert.False(File.Exists(Path.GetFullPath(Path.Combine(path, "../../../../evil.txt"))));
    }
}
