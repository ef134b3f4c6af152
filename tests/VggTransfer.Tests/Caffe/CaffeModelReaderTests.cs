using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Protobuf;
using VggTransfer.Weights.Formats.Caffe;

namespace VggTransfer.Tests.Caffe;

/// <summary>
/// Oracle: the field numbers of BVLC's caffe.proto and the layouts that Caffe's layers work with (OIHW, out x in, channel,
/// row, column order), which are torchvision's; no file of Caffe's own is at hand.
/// </summary>
public sealed class CaffeModelReaderTests
{
    private static readonly VggArchitecture s_architecture = RandomModels.Tiny with { InputSize = 64, DenseUnits = 5, Dropout = 0.25 };

    [Theory]
    [InlineData(1, "packed", false, false)]
    [InlineData(1, "unpacked", false, true)]
    [InlineData(1, "pieces", false, false)]
    [InlineData(1, "double", false, false)]
    [InlineData(2, "packed", true, true)]
    [InlineData(2, "unpacked", false, false)]
    [InlineData(2, "pieces", true, false)]
    public void Net_is_read_however_its_numbers_are_stored(int version, string storage, bool shapes, bool training)
    {
        using VggModel model = RandomModels.Create(s_architecture);

        using WeightsContent content = CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle { Version = version, Storage = storage, Shapes = shapes, Training = training }), "x.caffemodel");

        RandomModels.AssertSameTensors(model, content.Model);
        Assert.Equal(WeightsFormat.Caffe, content.Format);
        Assert.Null(content.Model.Preprocessing);
        Assert.Equal(training ? 0 : 1, content.Notes.Count);
    }

    [Theory]
    [InlineData(VggConfiguration.C, false)]
    [InlineData(VggConfiguration.D, true)]
    [InlineData(VggConfiguration.E, true)]
    public void Other_configurations_are_read(VggConfiguration configuration, bool includeTop)
    {
        using VggModel model = RandomModels.Create(s_architecture with { Configuration = configuration, IncludeTop = includeTop });

        using WeightsContent content = CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle()), "x.caffemodel");

        Assert.Equal(configuration, content.Model.Architecture.Configuration);
        Assert.Equal((includeTop, 64), (content.Model.Architecture.IncludeTop, content.Model.Architecture.InputSize));
        Assert.All(model.Tensors, pair => Assert.Equal(pair.Value.Data.ToArray(), content.Model.Tensors[pair.Key].Data.ToArray()));
    }

    [Fact]
    public void Sums_of_batch_norm_are_divided_by_their_number()
    {
        using VggModel model = RandomModels.Create(s_architecture with { BatchNorm = true });

        using WeightsContent content = CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle { Version = 2, Shapes = true }), "x.caffemodel");

        RandomModels.AssertSameTensors(model, content.Model);
    }

    [Fact]
    public void Net_that_holds_weights_only_takes_padding_for_granted()
    {
        using VggModel model = RandomModels.Create(s_architecture);

        using WeightsContent content = CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle { HasSettings = false }), "x.caffemodel");

        RandomModels.AssertSameTensors(model, content.Model);
    }

    // The real release has 138 million weights: here all are one view of a few zeros, so only the architecture is real.
    [Theory]
    [InlineData("VGG_ILSVRC_16_layers", 1000, PreprocessingFamily.KerasCaffe)]
    [InlineData("VGG_ILSVRC_16_layers", 21, null)]
    [InlineData("VGG_ILSVRC_19_layers", 1000, null)]
    [InlineData("VGG_CNN_S", 1000, null)]
    public void Preprocessing_is_known_of_Oxfords_own_release_only(string name, int classes, PreprocessingFamily? family)
    {
        var architecture = new VggArchitecture { Classes = classes, HiddenDenseLayers = 0, IncludeTop = true, InputSize = 32 };
        using VggModel model = new(architecture, architecture.Tensors.Select(tensor => new ModelTensor(tensor.Name, tensor.Shape, TensorType.Float32, new byte[tensor.ElementCount * 4])));

        using WeightsContent content = CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle { Name = name }), "x.caffemodel");

        Assert.Equal(family, content.Model.Preprocessing);
    }

    public static TheoryData<string, string, string> Differences => new()
    {
        { "conv2_1", "stride", "'conv2_1' (Convolution) has stride 2x2, and a VGG's convolutions have stride 1" },
        { "conv2_1", "group", "'conv2_1' (Convolution) has 2 groups, and a VGG's convolutions have one" },
        { "conv2_1", "no pad", "'conv2_1' (Convolution) pads with 0, 0, 0, 0 (top, left, bottom, right), and a VGG's 3x3 convolution pads with 1 on all sides" },
        { "pool1", "average", "'pool1' (Pooling) is an average pool of 2x2 with stride 2x2, and a VGG has MaxPool of 2x2 with stride 2 there" },
        { "pool1", "LRN", "'pool1' (LRN) is no layer of a VGG, or stands where a VGG has none, so this is no VGG" },
        { "relu2_1", "TanH", "'conv2_1' (Convolution) is followed by 'relu2_1' (TanH), and a VGG's convolutions are followed by ReLU (after batch norm, if there is any)" },
        { "conv2_1", "no blobs", "'conv2_1' (Convolution) has no weights; this is the description of a net (a prototxt in binary form), so take the trained .caffemodel" },
        { "conv2_1", "branch", "blob 'data' feeds both 'conv1_1' (Convolution) and 'conv2_1' (Convolution), so this is no VGG" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Net_that_differs_in_one_place_is_refused_with_the_place(string name, string change, string reason)
    {
        CaffeTestLayer Edit(CaffeTestLayer layer) => layer.Name != name ? layer : change switch
        {
            "stride" => layer with { Setting = layer.Setting!.Integer(6, 2) },
            "group" => layer with { Setting = layer.Setting!.Integer(5, 2) },
            "no pad" => layer with { Setting = new ProtoMessage().Integer(4, 3) },
            "average" => layer with { Setting = layer.Setting!.Integer(1, 1) },
            "no blobs" => layer with { Blobs = [] },
            "branch" => layer with { Bottom = "data" },
            _ => layer with { Type = change, Setting = null },
        };
        byte[] file = CaffeTestNet.Write(RandomModels.Create(s_architecture), new CaffeStyle { Edit = Edit });

        var exception = Assert.Throws<InvalidModelFileException>(() => CaffeModelReader.Parse(file, "x.caffemodel"));

        Assert.Equal(("x.caffemodel", "Caffe", reason), (exception.Path, exception.Format, exception.Reason));
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "it is empty" },
        { "0A0161", "it holds no layers, so this is no Caffe model" },
        { "894844460D0A1A0A", "it is Caffe's HDF5 form, which isn't read; save it as a binary .caffemodel" },
        { Convert.ToHexString("version https://git-lfs.github.com/spec/v1"u8), "it is a Git LFS pointer, which stands for the file; run 'git lfs pull' to get the file itself" },
        { Hex(new ProtoMessage().Message(2, new ProtoMessage().Message(1, new ProtoMessage()))), "it is in the format of Caffe's first release (version 0); convert it with Caffe's upgrade_net_proto_binary" },
        { Hex(new ProtoMessage().Message(2, new ProtoMessage()).Message(100, new ProtoMessage())), "it has layers of both versions of the format, of which Caffe itself takes one" },
        { Hex(new ProtoMessage().Message(2, Convolution(1, 1L << 40, 1, 1))), "tensor 'c[0]' claims the shape (1, 1099511627776, 1, 1), and must have 4 dimensions from 1 on and at most 2,147,483,647 bytes" },
        { Hex(new ProtoMessage().Message(2, Convolution(1, 0, 1, 1))), "tensor 'c[0]' claims the shape (1, 0, 1, 1), and must have 4 dimensions from 1 on and at most 2,147,483,647 bytes" },
        { Hex(new ProtoMessage().Message(2, Convolution(64, 64, 64, 64))), "tensor 'c[0]' has 1 numbers, and its shape (64, 64, 64, 64) takes 16,777,216; the file is cut off or holds no weights" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_file_is_refused_with_its_reason(string hex, string reason) =>
        Assert.Equal(reason, Assert.Throws<InvalidModelFileException>(() => CaffeModelReader.Parse(Convert.FromHexString(hex), "x.caffemodel")).Reason);

    [Fact]
    public void Weights_that_arent_numbers_are_refused_by_name()
    {
        VggModel model = RandomModels.Create(s_architecture);
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(model.Tensors["classifier.3.weight"].Data).Span.Fill(0xFF);

        Assert.StartsWith("tensor 'fc7[0]' holds NaN or infinity", Assert.Throws<InvalidModelFileException>(() => CaffeModelReader.Parse(CaffeTestNet.Write(model, new CaffeStyle()), "x.caffemodel")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Head_that_doesnt_fit_is_described_and_the_convolutions_are_read()
    {
        byte[] file = CaffeTestNet.Write(RandomModels.Create(s_architecture), new CaffeStyle { Edit = layer => layer.Name == "relu6" ? layer with { Type = "TanH" } : layer });

        using WeightsContent content = CaffeModelReader.Parse(file, "x.caffemodel");

        Assert.False(content.Model.Architecture.IncludeTop);
        Assert.StartsWith("Behind the convolutions the file has a head of its own (flatten, dense 5, ", Assert.Single(content.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void File_on_disk_is_mapped_and_told_by_its_beginning()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(s_architecture);
        byte[] bytes = CaffeTestNet.Write(model, new CaffeStyle { Name = "VGG_ILSVRC_16_layers" });
        File.WriteAllBytes(folder.File("m"), bytes);

        using (WeightsContent content = CaffeModelReader.Read(folder.File("m")))
        {
            RandomModels.AssertSameTensors(model, content.Model);
        }

        Assert.True(new CaffeFormat().LooksLike(bytes.AsSpan(0, 64), "m"));
        Assert.True(new CaffeFormat().LooksLike(CaffeTestNet.Write(model, new CaffeStyle { Version = 2, Training = true }).AsSpan(0, 64), "m"));
        Assert.False(new CaffeFormat().LooksLike("PK\u0003\u0004    "u8, "m"));
        Assert.False(new CaffeFormat().LooksLike([8, 7, 18, 7], "m"));
        Assert.Equal(folder.File("no"), Assert.Throws<FileNotFoundException>(() => CaffeModelReader.Read(folder.File("no"))).FileName);
    }

    [Fact]
    public void Mutated_files_give_a_model_or_our_exception()
    {
        CaffeStyle[] styles = [new() { Training = true }, new() { Version = 2, Shapes = true, Storage = "pieces" }, new() { Storage = "double" }];
        ProtobufMutation[] seeds = [.. styles.Select(style => new ProtobufMutation(Written(style, 1), Written(style, 2)))];

        ProtobufFuzz.Run(seeds, bytes => CaffeModelReader.Parse(bytes, "x.caffemodel"));
    }

    private static byte[] Written(CaffeStyle style, int seed) => CaffeTestNet.Write(RandomModels.Create(RandomModels.Tiny, seed: seed), style);

    private static ProtoMessage Convolution(long num, long channels, long height, long width) => new ProtoMessage().String(4, "c").Integer(5, 4)
        .Message(6, new ProtoMessage().Integer(1, num).Integer(2, channels).Integer(3, height).Integer(4, width).Single(5, 1));

    private static string Hex(ProtoMessage message) => Convert.ToHexString(message.ToArray());
}
