using VggTransfer.Architectures;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Vgg;

/// <summary>Oracles: keras.applications' names and argument checks, and the architecture's table.</summary>
public sealed class ApplicationsTests
{
    [Fact]
    public void VGG19_has_the_parameters_that_Keras_documents()
    {
        using Functional model = Applications.VGG19();
        Assert.Equal(143_667_240, model.ParameterCount);
        Assert.Equal(["input_1", "block1_conv1", "block1_conv2", "block1_pool"], model.Layers.Take(4).Select(layer => layer.Name));
        Assert.Equal(["flatten", "fc1", "fc2", "predictions"], model.Layers.TakeLast(4).Select(layer => layer.Name));
        Assert.Equal("vgg19", model.Name);
    }

    [Fact]
    public void Without_the_dense_part_any_shape_from_32_on_will_do()
    {
        using Functional model = Applications.VGG16(includeTop: false, inputShape: (48, 100, 1));
        Assert.Equal([1, 3, 512], model.OutputShape);
        Assert.Throws<ArgumentOutOfRangeException>("inputShape", () => Applications.VGG16(includeTop: false, inputShape: (31, 64, 3)));
    }

    [Fact]
    public void Pooling_ends_the_network_in_a_vector()
    {
        using Functional model = Applications.VGG16(includeTop: false, inputShape: (32, 32, 3), pooling: "max");
        Assert.Equal("global_max_pooling2d", model.Layers[^1].Name);
        Assert.Throws<ArgumentException>("pooling", () => Applications.VGG16(includeTop: false, pooling: "sum"));
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Any_architecture_has_as_many_parameters_as_its_table(VggArchitecture architecture, SummaryStyle naming)
    {
        using Model model = Applications.Vgg(architecture, new VggModelOptions { Naming = naming });
        Assert.Equal(architecture.ParameterCount, model.ParameterCount);
        Assert.Equal(architecture.Layers.Count(layer => layer.Kind == VggLayerKind.Dropout), model.Layers.OfType<Dropout>().Count());
    }

    public static TheoryData<VggArchitecture, SummaryStyle> Architectures => new()
    {
        { new VggArchitecture { Configuration = VggConfiguration.C, WidthMultiplier = 0.125, InputSize = 64, Classes = 5 }, SummaryStyle.Sequential },
        { new VggArchitecture { BatchNorm = true, WidthMultiplier = 0.25, InputSize = 32, FifthPool = false, DenseUnits = 64, Classes = 10 }, SummaryStyle.Applications },
        { new VggArchitecture { Configuration = VggConfiguration.A, IncludeTop = false, Dropout = 0, InputSize = 32 }, SummaryStyle.Sequential },
    };

    [Fact]
    public void Options_reach_the_layers()
    {
        var options = new VggModelOptions { Naming = SummaryStyle.Applications, BatchNormMomentum = 0.9, ConvolutionRegularizer = new L2(5e-4), KernelInitializer = "he_normal", ClassifierActivation = "softmax", ModelName = "narrow" };
        using Model model = Applications.Vgg(RandomModels.Tiny with { BatchNorm = true, BatchNormEpsilon = 1e-3 }, options);
        Assert.Equal("narrow", model.Name);
        Assert.Equal(["input_1", "block1_conv1", "block1_conv1_bn", "block1_conv1_relu", "block1_pool"], model.Layers.Take(5).Select(layer => layer.Name));
        var norm = (BatchNormalization)model.GetLayer("block1_conv1_bn");
        Assert.Equal((0.9, 1e-3), (norm.Momentum, norm.Epsilon));
        Assert.Equal(5e-4, ((Conv2D)model.GetLayer("block1_conv1")).KernelRegularizer!.Factor2);
        Assert.Null(((Dense)model.GetLayer("fc1")).KernelRegularizer);
        Assert.Equal(ActivationFunction.Softmax, ((Dense)model.GetLayer("predictions")).Activation);
    }

    [Fact]
    public void Weights_must_be_those_of_the_network_asked_for()
    {
        using VggModel narrow = RandomModels.Create(RandomModels.Tiny);
        string message = Assert.Throws<ArgumentException>("weights", () => Applications.VGG16(weights: narrow)).Message;
        Assert.Contains("Applications.Vgg", message, StringComparison.Ordinal);
    }
}
