using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Protobuf;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: table 1 of the paper, from which each of these networks differs in one place.</summary>
public sealed class OnnxRefusalTests
{
    private static readonly VggArchitecture s_architecture = RandomModels.Tiny with { InputSize = 64, DenseUnits = 5 };

    public static TheoryData<string, int, string, string> Differences => new()
    {
        { "Conv", 1, "strides 2 2", "has stride 2x2, and a VGG's convolutions have stride 1" },
        { "Conv", 1, "dilations 2 2", "has dilation 2x2, and a VGG's convolutions have none" },
        { "Conv", 1, "group 2", "has 2 groups, and a VGG's convolutions have one" },
        { "Conv", 1, "kernel_shape 5 5", "claims a kernel of 5x5, and its weights have 3x3, so this is no VGG" },
        { "Conv", 1, "auto_pad VALID", "pads with 0, 0, 0, 0 (top, left, bottom, right), and a VGG's 3x3 convolution pads with 1 on all sides" },
        { "Conv", 1, "operator ConvTranspose", "is no layer of a VGG, or stands where a VGG has none, so this is no VGG" },
        { "Conv", 1, "operator QLinearConv", "is of a quantised model, whose weights aren't read; take the floating-point model that it was made from" },
        { "Conv", 1, "domain com.microsoft.nchwc", "is no operator of ONNX's own, and what it does with its weights isn't known here; take the model from before it was optimised" },
        { "Relu", 3, "operator LeakyRelu", "and a VGG's convolutions are followed by ReLU (after batch norm, if there is any)" },
        { "MaxPool", 0, "operator AveragePool", "is an average pool of 2x2 with stride 2x2, and a VGG has MaxPool of 2x2 with stride 2 there" },
        { "MaxPool", 4, "operator AveragePool", "is an average pool of 2x2 with stride 2x2, and a VGG has MaxPool of 2x2 with stride 2 there" },
        { "MaxPool", 2, "pads 1 1 1 1", "is a maximum pool of 2x2 with stride 2x2 and padding, and a VGG has 2x2 with stride 2" },
        { "MaxPool", 2, "dilations 2 2", "is a dilated pool, and a VGG's aren't, so this is no VGG" },
        { "Gemm", 0, "alpha 2", "transposes its input or scales its result, which no VGG does" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Network_that_differs_in_one_place_is_refused_with_the_place(string operation, int number, string change, string reason)
    {
        string[] words = change.Split(' ');
        OnnxTestNode Edit(OnnxTestNode node, int ordinal) => (node.Operation, ordinal) != (operation, number) ? node : words[0] switch
        {
            "operator" => node with { Operation = words[1] },
            "domain" => node with { Domain = words[1] },
            "auto_pad" => node with { Attributes = [OnnxTestGraph.Attribute("auto_pad", words[1])] },
            "group" => node with { Attributes = [.. node.Attributes, OnnxTestGraph.Attribute("group", 2L)] },
            "alpha" => node with { Attributes = [.. node.Attributes, OnnxTestGraph.Attribute("alpha", 2f)] },
            _ => node with { Attributes = [.. node.Attributes, OnnxTestGraph.Attribute(words[0], [.. words[1..].Select(long.Parse)])] },
        };
        byte[] file = OnnxTestGraph.Write(RandomModels.Create(s_architecture), new OnnxStyle { Edit = Edit });
        if (operation == "Gemm")
        {
            // Behind the convolutions it is a head of somebody's own.
            using WeightsContent content = OnnxModelReader.Parse(file, "x.onnx");
            Assert.Contains(reason, Assert.Single(content.Notes), StringComparison.Ordinal);
            return;
        }

        Assert.Contains(reason, Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(file, "x.onnx")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Residual_branch_is_refused()
    {
        // The fourth ReLU's place is taken by a sum with the first one's output.
        string? first = null;
        byte[] file = OnnxTestGraph.Write(RandomModels.Create(s_architecture), new OnnxStyle
        {
            Edit = (node, ordinal) =>
            {
                first = node.Operation == "MaxPool" && ordinal == 0 ? node.Inputs[0] : first;
                return node.Operation == "Relu" && ordinal == 3 ? node with { Operation = "Add", Inputs = [node.Inputs[0], first!] } : node;
            },
        });

        Assert.Matches("^value 'v[0-9]+' feeds both '.*' \\((MaxPool|Add)\\) and '.*' \\((MaxPool|Add)\\), so this is no VGG$", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(file, "x.onnx")).Reason);
    }

    [Fact]
    public void Cyclic_graph_is_refused()
    {
        byte[] file = OnnxTestGraph.Write(RandomModels.Create(s_architecture), new OnnxStyle
        {
            Edit = (node, ordinal) => node.Operation == "Conv" && ordinal == 2 ? node with { Inputs = ["y", .. node.Inputs[1..]] } : node,
        });

        Assert.Matches("^its graph is cyclic: '.*' \\(Conv\\) waits for its own output$", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(file, "x.onnx")).Reason);
    }

    [Theory]
    [InlineData("Tanh", "flatten, dense 5, ")]
    [InlineData("Sigmoid", "flatten, dense 5, Sigmoid")]
    public void Head_that_doesnt_fit_is_described_and_the_convolutions_are_read(string activation, string description)
    {
        using VggModel model = RandomModels.Create(s_architecture);
        byte[] file = OnnxTestGraph.Write(model, new OnnxStyle { Edit = (node, ordinal) => node.Operation == "Relu" && ordinal == 8 ? node with { Operation = activation } : node });

        using WeightsContent content = OnnxModelReader.Parse(file, "x.onnx");

        Assert.Equal(s_architecture with { IncludeTop = false, Classes = 1000, DenseUnits = 4096 }, content.Model.Architecture);
        Assert.StartsWith($"Behind the convolutions the file has a head of its own ({description}", Assert.Single(content.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Average_over_the_map_is_a_head_of_its_own()
    {
        byte[] file = OnnxTestGraph.Write(RandomModels.Create(s_architecture), new OnnxStyle { UselessPool = true, Edit = (node, _) => node.Operation == "AveragePool" ? new OnnxTestNode("GlobalAveragePool", node.Inputs, []) : node });

        using WeightsContent content = OnnxModelReader.Parse(file, "x.onnx");

        Assert.False(content.Model.Architecture.IncludeTop);
        Assert.Contains("because it averages over the map", Assert.Single(content.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(2, false)]
    public void Any_number_of_hidden_layers_and_no_fifth_pool_are_read(int hiddenLayers, bool fifthPool)
    {
        using VggModel model = RandomModels.Create(s_architecture with { HiddenDenseLayers = hiddenLayers, FifthPool = fifthPool });

        using WeightsContent content = OnnxModelReader.Parse(OnnxTestGraph.Write(model, new OnnxStyle()), "x.onnx");

        VggArchitecture expected = hiddenLayers == 0 ? model.Architecture with { DenseUnits = 4096 } : model.Architecture;
        Assert.Equal(expected, content.Model.Architecture);
        Assert.All(model.Tensors, pair => Assert.Equal(pair.Value.Data.ToArray(), content.Model.Tensors[pair.Key].Data.ToArray()));
    }

    [Fact]
    public void Convolutions_alone_are_read_with_their_input_size()
    {
        using VggModel model = RandomModels.Create(s_architecture with { IncludeTop = false, InputSize = 96 });

        using WeightsContent content = OnnxModelReader.Parse(OnnxTestGraph.Write(model, new OnnxStyle()), "x.onnx");

        Assert.Equal((false, 96), (content.Model.Architecture.IncludeTop, content.Model.Architecture.InputSize));
        Assert.Empty(content.Notes);
    }

    [Fact]
    public void Weights_that_arent_numbers_are_refused_by_name()
    {
        VggModel model = RandomModels.Create(s_architecture);
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(model.Tensors["classifier.3.weight"].Data).Span.Fill(0xFF);

        Assert.Matches("^tensor 'w[0-9]+' holds NaN or infinity", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(OnnxTestGraph.Write(model, new OnnxStyle()), "x.onnx")).Reason);
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "it is empty" },
        { "0803", "it holds no graph, so this is no ONNX model" },
        { "3A00", "no input of its graph leads to a layer with weights, so this is no VGG" },
        { "3A003A00", "it holds two graphs" },
        { Convert.ToHexString("version https://git-lfs.github.com/spec/v1"u8), "it is a Git LFS pointer, which stands for the file; run 'git lfs pull' to get the file itself" },
        { Hex(new ProtoMessage().Message(7, new ProtoMessage().Message(15, new ProtoMessage()))), "it holds sparse weights, which aren't read; store them dense" },
        { Hex(new ProtoMessage().Message(7, new ProtoMessage().Message(1, OnnxTestGraph.Node("Relu", ["a"], "b")).Message(1, OnnxTestGraph.Node("Relu", ["a"], "b")))), "its graph makes the value 'b' twice" },
        { Hex(new ProtoMessage().Message(7, new ProtoMessage().Message(5, new ProtoMessage().Integers(1, packed: true, new long[17])))), "it has more than 16 numbers as a tensor's dimensions" },
        { Hex(new ProtoMessage().Message(7, new ProtoMessage().String(2, new string('n', 10)).Message(1, new ProtoMessage().String(1, new string('n', 5000))))), "it has 5,000 bytes as a value's name, above the limit of 4,096" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_file_is_refused_with_its_reason(string hex, string reason)
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(Convert.FromHexString(hex), "x.onnx"));

        Assert.Equal(("x.onnx", "ONNX", reason), (exception.Path, exception.Format, exception.Reason));
    }

    [Fact]
    public void Huge_graph_is_refused()
    {
        var graph = new ProtoMessage();
        for (int i = 0; i <= 20_000; i++)
        {
            graph.Message(1, OnnxTestGraph.Node("Relu", [$"{i}"], $"{i + 1}"));
        }

        Assert.Equal("its graph has more than 20,000 nodes, far beyond any VGG", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(new ProtoMessage().Message(7, graph).ToArray(), "x.onnx")).Reason);
    }

    private static string Hex(ProtoMessage message) => Convert.ToHexString(message.ToArray());
}
