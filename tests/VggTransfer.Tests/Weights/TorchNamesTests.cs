using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Tests.Weights;

/// <summary>Oracle: the names that torchvision, timm, the PyTorch ImageNet example and widely copied networks give their tensors.</summary>
public sealed class TorchNamesTests
{
    // 16 channels of 2x2 before the dense part.
    private static readonly VggArchitecture s_tiny = new() { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 64, DenseUnits = 6, Classes = 3 };

    private static TorchTensor[] Convolutions(bool batchNorm = false) =>
        [.. (s_tiny with { IncludeTop = false, BatchNorm = batchNorm }).Tensors.Select(specification => new TorchTensor(specification.Name, [.. specification.Shape.Select(dimension => (long)dimension)]))];

    private static IEnumerable<TorchTensor> Dense(string name, long inputs, long outputs) => [new($"{name}.weight", [outputs, inputs]), new($"{name}.bias", [outputs])];

    private static TorchNames Read(IEnumerable<TorchTensor> tensors)
    {
        TorchReading reading = TorchNames.Read([.. tensors]);
        Assert.Null(reading.Reason);
        return reading.Names!;
    }

    private static string? Source(TorchNames names, string canonical) => names.Sources.Single(source => source.Specification.Name == canonical).Name;

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("model.")]
    [InlineData("net.backbone.")]
    [InlineData("0.vgg.")]
    public void Whatever_stands_in_front_is_taken_off(string prefix)
    {
        IEnumerable<TorchTensor> tensors = [.. Convolutions(), .. Dense("classifier.0", 64, 6), .. Dense("classifier.3", 6, 6), .. Dense("classifier.6", 6, 3)];

        TorchNames names = Read(tensors.Select(tensor => tensor with { Name = prefix + tensor.Name }));

        Assert.Equal(s_tiny, names.Architecture);
        Assert.Equal(prefix + "classifier.3.bias", Source(names, "classifier.3.bias"));
    }

    // The ImageNet example wraps only the convolutions of a VGG in DataParallel; torch.compile may sit anywhere.
    [Fact]
    public void Wrappers_inside_a_name_are_taken_out()
    {
        TorchNames names = Read(Convolutions().Select(tensor => tensor with { Name = tensor.Name.Replace("features.", "features.module._orig_mod.", StringComparison.Ordinal) }));

        Assert.Equal("features.module._orig_mod.0.weight", Source(names, "features.0.weight"));
    }

    public static TheoryData<string[], string[]> Heads => new()
    {
        { ["classifier.0", "classifier.3", "classifier.6"], [] },
        { ["pre_logits.fc1", "pre_logits.fc2", "head.fc"], [] },
        { ["classifier.0", "classifier.2", "classifier.4"], ["Its dense layers are classifier.0, classifier.2, classifier.4; ReLU between them is assumed, as in every VGG."] },
        { ["classifier.1", "classifier.4", "classifier.6"], ["Its dense layers are classifier.1, classifier.4, classifier.6; ReLU between them is assumed, as in every VGG."] },
        { ["fc6", "fc7", "fc8"], ["Its dense layers are fc6, fc7, fc8; ReLU between them is assumed, as in every VGG."] },
        { ["classifier.fc1", "classifier.fc2", "classifier.out"], ["Its dense layers are classifier.fc1, classifier.fc2, classifier.out; ReLU between them is assumed, as in every VGG."] },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Heads))]
    public void Head_is_read_by_its_sizes_in_any_order_of_the_file(string[] modules, string[] notes)
    {
        TorchTensor[] tensors = [.. Convolutions(), .. Dense(modules[0], 64, 6), .. Dense(modules[1], 6, 6), .. Dense(modules[2], 6, 3)];
        foreach (TorchTensor[] order in new[] { tensors, [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)] })
        {
            TorchNames names = Read(order);

            Assert.Equal(s_tiny, names.Architecture);
            Assert.Equal(modules.Select(module => module + ".weight"), Enumerable.Range(0, 3).Select(layer => Source(names, $"classifier.{3 * layer}.weight")));
            Assert.Equal(notes, names.Notes);
        }
    }

    [Fact]
    public void Dense_layers_that_are_convolutions_keep_their_order_of_numbers()
    {
        TorchNames names = Read([.. Convolutions(), new("pre_logits.fc1.weight", [6, 16, 2, 2]), new("pre_logits.fc1.bias", [6]), new("pre_logits.fc2.weight", [6, 6, 1, 1]), new("pre_logits.fc2.bias", [6]), .. Dense("head.fc", 6, 3)]);

        Assert.Equal(s_tiny, names.Architecture);
    }

    [Fact]
    public void Head_of_one_layer_is_read_and_its_side_of_one_is_noted()
    {
        TorchNames names = Read([.. Convolutions(), .. Dense("classifier", 16, 10)]);

        Assert.Equal(s_tiny with { HiddenDenseLayers = 0, InputSize = 32, Classes = 10, DenseUnits = 4096 }, names.Architecture);
        Assert.StartsWith("Its first dense layer (classifier) takes one number for each channel", Assert.Single(names.Notes), StringComparison.Ordinal);
    }

    // Convolutions and dense layers in one Sequential.
    [Fact]
    public void One_list_of_all_modules_is_split()
    {
        TorchNames names = Read([.. Convolutions().Select(tensor => tensor with { Name = tensor.Name["features.".Length..] }), .. Dense("22", 64, 6), .. Dense("25", 6, 3)]);

        Assert.Equal(s_tiny with { HiddenDenseLayers = 1 }, names.Architecture);
        Assert.Equal("25.weight", Source(names, "classifier.3.weight"));
    }

    [Fact]
    public void Names_of_the_papers_layers_are_read()
    {
        VggLayer[] layers = [.. s_tiny.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution)];
        string Renamed(string name) => layers.Where(layer => name.StartsWith(layer.TorchName + ".", StringComparison.Ordinal)).Select(layer => layer.Name.Replace("block", "conv", StringComparison.Ordinal).Replace("_conv", "_", StringComparison.Ordinal) + name[layer.TorchName!.Length..]).Single();

        TorchNames names = Read([.. Convolutions().Select(tensor => tensor with { Name = Renamed(tensor.Name) }), .. Dense("fc6", 64, 6), .. Dense("fc7", 6, 6), .. Dense("fc8", 6, 3)]);

        Assert.Equal(s_tiny, names.Architecture);
        Assert.Equal("conv5_2.bias", Source(names, "features.18.bias"));
    }

    // Dense layers as "name inputs outputs", other tensors of one dimension as "name length".
    public static TheoryData<string, string> OwnHeads => new()
    {
        { "classifier.0 64 6, classifier.3 6 5, classifier.6 5 3", "its hidden layers differ in width" },
        { "fc 64 6, bn.weight 6, bn.bias 6, bn.running_mean 6, bn.running_var 6, out 6 3", "'bn.weight' isn't of a dense layer with a bias" },
        { "classifier.0 64 6, classifier.1 6 3", "no activation can stand between 'classifier.0' and 'classifier.1'" },
        { "age 64 1, sex 64 2", "'sex' takes 64 inputs, and 1 outputs came before it" },
        { "fc 32 3", "'fc' takes 32 inputs, and a square map of 16 channels came before it" },
        { "fc 64 3, temperature 1", "'temperature' isn't of a dense layer with a bias" },
        { "classifier.0 64 4096, classifier.3 4096 4096", "its layer of predictions is gone" },
    };

    [Theory]
    [MemberData(nameof(OwnHeads))]
    public void Convolutions_are_read_and_a_head_that_no_VGG_has_is_noted(string layers, string reason)
    {
        IEnumerable<TorchTensor> head = layers.Split(", ").Select(layer => layer.Split(' ')).SelectMany(parts => parts.Length == 3
            ? Dense(parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture))
            : [new TorchTensor(parts[0], [long.Parse(parts[1], CultureInfo.InvariantCulture)])]);

        TorchNames names = Read([.. Convolutions(), .. head]);

        Assert.False(names.Architecture.IncludeTop);
        Assert.StartsWith($"The convolutions were read, and its own head was left out because {reason}: '", Assert.Single(names.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Normalisation_inside_the_network_is_noted()
    {
        TorchNames names = Read([new("mean", [1, 3, 1, 1]), new("std", [1, 3, 1, 1]), .. Convolutions()]);

        Assert.StartsWith("It keeps 'mean', so it probably normalises its input itself", names.Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_biases_are_zeros_only_in_front_of_batch_norm()
    {
        TorchNames names = Read(Convolutions(batchNorm: true).Where(tensor => tensor.Name != "features.4.bias"));
        Assert.Null(Source(names, "features.4.bias"));
        Assert.NotNull(Source(names, "features.0.bias"));

        TorchReading without = TorchNames.Read([.. Convolutions().Where(tensor => tensor.Name != "features.3.bias")]);
        Assert.Equal("it looks like VGG11, width 0.03125, convolutions only, and 'features.3.bias' is missing", without.Reason);
    }

    // With torchvision's own names, a missing part is damage.
    [Fact]
    public void Damaged_head_of_torchvision_is_refused()
    {
        TorchReading reading = TorchNames.Read([.. Convolutions(), .. Dense("classifier.0", 64, 6), .. Dense("classifier.3", 6, 6).Take(1), .. Dense("classifier.6", 6, 3)]);

        Assert.EndsWith("'classifier.3.bias' is missing", reading.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_networks_in_one_dictionary_are_refused()
    {
        TorchReading reading = TorchNames.Read([.. Convolutions().Select(tensor => tensor with { Name = "a." + tensor.Name }), .. Convolutions().Select(tensor => tensor with { Name = "b." + tensor.Name })]);

        Assert.Equal("it holds several networks, under 'a.features.' and 'b.features.'; save the state dict of the one that is meant", reading.Reason);
        Assert.True(reading.HasConvolutions);
    }

    [Theory]
    [InlineData("features.3.se.weight", "it has a tensor 'features.3.se.weight' among its convolutions, which no VGG has")]
    [InlineData("features.1.weight", "and has a tensor 'features.1.weight' too, which is no part of it")]
    [InlineData("module.features.0.bias", "it has two tensors for 'features.0.bias', with and without a wrapper's name; save the state dict of one network")]
    public void More_among_the_convolutions_is_refused(string name, string reason) =>
        Assert.EndsWith(reason, TorchNames.Read([.. Convolutions(), new(name, [4])]).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(0L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public void Impossible_shapes_are_refused(long dimension) =>
        Assert.Contains("which no weight has", TorchNames.Read([.. Convolutions().Select(tensor => tensor.Name == "features.0.bias" ? tensor with { Shape = [dimension] } : tensor)]).Reason, StringComparison.Ordinal);
}
