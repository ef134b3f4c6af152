using System.Buffers.Binary;
using System.IO.Compression;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.PyTorch;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.PyTorch;

/// <summary>Files made in the test, sound and hostile. Oracle: the model that went in, and torch's format as its sources describe it.</summary>
public sealed class PyTorchReaderTests : IDisposable
{
    private readonly VggModel _model = RandomModels.Create(RandomModels.Tiny with { DenseUnits = 5 });
    private readonly TorchPickle _pickle = new();

    public void Dispose() => _model.Dispose();

    private static WeightsContent Read(byte[] file) => PyTorchModelReader.Read(MappedFile.InMemory(file, "x.pth"));

    private static string Refuse(byte[] file) => Assert.Throws<InvalidModelFileException>(() => Read(file)).Reason;

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Archive_is_read_whether_compressed_or_not(CompressionLevel compression)
    {
        using WeightsContent content = Read(_pickle.Archive(_pickle.StateDict(_model), compression));

        RandomModels.AssertSameTensors(_model, content.Model);
        Assert.Empty(content.Notes);
    }

    [Fact]
    public void Legacy_file_is_read()
    {
        using WeightsContent content = Read(_pickle.Legacy(_pickle.StateDict(_model)));

        RandomModels.AssertSameTensors(_model, content.Model);
    }

    public static TheoryData<string> Wrappers => ["state_dict", "model_state_dict", "model", "net", "something of their own"];

    [Theory]
    [MemberData(nameof(Wrappers))]
    public void State_dict_is_found_in_its_wrapper_and_the_optimiser_is_not(string wrapper)
    {
        (string, object)[] momentum = [.. _pickle.StateDict(RandomModels.Create(_model.Architecture, seed: 2))];
        byte[] file = _pickle.Archive(new (string, object)[]
        {
            ("epoch", 3L),
            ("optimizer", new (string, object)[] { ("state", momentum), ("momentum_buffer", momentum) }),
            ("exp_avg", momentum),
            (wrapper, _pickle.StateDict(_model, name => "module." + name)),
        });

        using WeightsContent content = Read(file);

        RandomModels.AssertSameTensors(_model, content.Model);
    }

    [Fact]
    public void Of_two_networks_the_usual_one_is_taken_and_the_other_is_noted()
    {
        (string, object)[] average = _pickle.StateDict(RandomModels.Create(_model.Architecture, seed: 2));

        using WeightsContent content = Read(_pickle.Archive(new (string, object)[] { ("ema", average), ("state_dict", _pickle.StateDict(_model)) }));

        RandomModels.AssertSameTensors(_model, content.Model);
        Assert.Equal(["The network is the one under 'state_dict'; 'ema' was left out."], content.Notes);
        Assert.StartsWith("it holds several networks ('a', 'b')", Refuse(_pickle.Archive(new (string, object)[] { ("a", average), ("b", average.ToArray()) })), StringComparison.Ordinal);
    }

    [Fact]
    public void State_dict_saved_in_parts_is_put_together()
    {
        (string Name, object)[] all = _pickle.StateDict(_model);
        (string, object)[] Part(string prefix) => [.. all.Where(pair => pair.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => (pair.Name[prefix.Length..], pair.Item2))];

        using WeightsContent content = Read(_pickle.Archive(new (string, object)[] { ("features", Part("features.")), ("classifier", Part("classifier.")) }));

        RandomModels.AssertSameTensors(_model, content.Model);
    }

    [Fact]
    public void Doubles_become_singles_and_a_note_says_so()
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        int index = Array.FindIndex(entries, pair => pair.Name == "classifier.0.bias");
        entries[index].Value = _pickle.Tensor([.. _model.Tensors["classifier.0.bias"].ToSingles().Select(value => (double)value)], [5], "DoubleStorage");

        foreach (byte[] file in new[] { _pickle.Archive(entries), _pickle.Legacy(entries) })
        {
            using WeightsContent content = Read(file);

            RandomModels.AssertSameTensors(_model, content.Model);
            Assert.Equal(["Its weights are float64 and were rounded to float32."], content.Notes);
        }
    }

    // Shape and strides that torch gives to t(), to channels_last, and to slices of a larger tensor.
    [Fact]
    public void Views_are_read_in_row_major_order()
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        int dense = Array.FindIndex(entries, pair => pair.Name == "classifier.3.weight");
        float[] matrix = _model.Tensors["classifier.3.weight"].ToSingles();
        float[] transposed = [9, 9, .. Enumerable.Range(0, 25).Select(i => matrix[(i % 5 * 5) + (i / 5)]), 9];
        entries[dense].Value = _pickle.Tensor(transposed, [28]) with { Offset = 2, Shape = [5, 5], Strides = [1, 5] };
        int convolution = Array.FindIndex(entries, pair => pair.Name == "features.0.weight");
        float[] kernel = _model.Tensors["features.0.weight"].ToSingles();
        float[] channelsLast = new float[27];
        for (int i = 0; i < 27; i++)
        {
            channelsLast[(i % 9 * 3) + (i / 9)] = kernel[i];
        }

        entries[convolution].Value = _pickle.Tensor(channelsLast, [27]) with { Shape = [1, 3, 3, 3], Strides = [27, 1, 9, 3] };

        using WeightsContent content = Read(_pickle.Archive(entries));

        RandomModels.AssertSameTensors(_model, content.Model);
    }

    public static TheoryData<PickledTensorChange, string> BadTensors => new()
    {
        { new(Offset: 1), "needs 6 elements of its storage, which has 5" },
        { new(Offset: long.MaxValue), "needs 9,223,372,036,854,775,812 elements of its storage, which has 5" },
        { new(Shape: [5], Strides: [long.MaxValue]), "needs 36,893,488,147,419,103,229 elements of its storage, which has 5" },
        { new(Strides: [-1]), "begins at element 0 of its storage with strides (-1), and neither can be negative" },
        { new(Elements: 6), "holds 20 bytes, and its pickle says 24" },
        { new(Elements: long.MaxValue), "holds 20 bytes, and its pickle says 36,893,488,147,419,103,228" },
        { new(Class: "IntStorage"), "holds Int32, and weights are float32" },
        { new(Class: "DoubleStorage"), "holds 20 bytes, and its pickle says 40" },
        { new(Storage: "9"), "it has no member for storage '9', which a tensor refers to" },
        { new(Storage: "../../etc/passwd"), "it has no member for storage '../../etc/passwd', which a tensor refers to" },
    };

    public sealed record PickledTensorChange(long Offset = 0, long[]? Shape = null, long[]? Strides = null, long Elements = 5, string Class = "FloatStorage", string? Storage = null);

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(BadTensors))]
    public void Tensor_that_its_storage_does_not_hold_is_refused(PickledTensorChange change, string reason)
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        int index = Array.FindIndex(entries, pair => pair.Name == "classifier.0.bias");
        var tensor = (PickledTensor)entries[index].Value;
        entries[index].Value = tensor with { Offset = change.Offset, Shape = change.Shape ?? tensor.Shape, Strides = change.Strides ?? tensor.Strides, Elements = change.Elements, Class = change.Class, Storage = change.Storage ?? tensor.Storage };

        Assert.Contains(reason, Refuse(_pickle.Archive(entries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Expanded_tensor_is_refused()
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        int index = Array.FindIndex(entries, pair => pair.Name == "classifier.0.bias");
        entries[index].Value = _pickle.Tensor([1f], [1]) with { Shape = [5], Strides = [0] };

        Assert.Equal("tensor 'classifier.0.bias' of shape (5) repeats its numbers (it was made by expand); call contiguous() on it and save it again", Refuse(_pickle.Archive(entries)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_no_numbers_are_refused_by_name(float value)
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        int index = Array.FindIndex(entries, pair => pair.Name == "classifier.0.bias");
        entries[index].Value = _pickle.Tensor([1, 2, value, 3, 4], [5]);

        Assert.Equal("tensor 'classifier.0.bias' holds NaN or infinity, so the weights are damaged or their training diverged", Refuse(_pickle.Archive(entries)));
    }

    // 4 GB of zeros would fit into 4 MB.
    [Fact]
    public void Archive_bomb_is_refused_before_it_unfolds()
    {
        (string Name, object Value)[] entries = _pickle.StateDict(_model);
        byte[] file = _pickle.Archive(entries, CompressionLevel.Optimal);
        int directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 6));
        byte[] claimed = [.. file];
        for (int at = directory; BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)) == 0x02014b50;)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 28));
            if (System.Text.Encoding.ASCII.GetString(file, at + 46, nameLength).EndsWith("/data.pkl", StringComparison.Ordinal))
            {
                BinaryPrimitives.WriteInt32LittleEndian(claimed.AsSpan(at + 24), 60_000_000);
            }

            at += 46 + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 30)) + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 32));
        }

        Assert.Matches("^its member 'any name/data.pkl' claims 60,000,000 bytes out of [0-9,]+ compressed ones; it is damaged or hostile$", Refuse(claimed));

        entries[0].Value = _pickle.Tensor(new float[80_000_000], [80_000_000]) with { Shape = [1, 3, 3, 3], Strides = [27, 9, 3, 1] };
        Assert.Matches("^its [0-9,]+ bytes claim to unfold into far more numbers than weights do", Refuse(_pickle.Archive(entries, CompressionLevel.Fastest)));
    }

    public static TheoryData<string, string> OddArchives => new()
    {
        { "big/byteorder", "its numbers are big-endian" },
        { "other/data.pkl", "it has more than one 'data.pkl'" },
        { "any name/constants.pkl", "it is a TorchScript program" },
        { "any name/data.pkl", "it has two members named 'any name/data.pkl'" },
        { "any name/data/1000", "it has two members named 'any name/data/1000'" },
    };

    [Theory]
    [MemberData(nameof(OddArchives))]
    public void Odd_archive_is_refused(string member, string reason)
    {
        member = member.Replace("big/", "any name/", StringComparison.Ordinal);

        Assert.StartsWith(reason, Refuse(_pickle.Archive(_pickle.StateDict(_model), more: [(member, "big"u8.ToArray())])), StringComparison.Ordinal);
    }

    [Fact]
    public void Members_named_outside_the_folder_are_left_alone()
    {
        using WeightsContent content = Read(_pickle.Archive(_pickle.StateDict(_model), more: [("../../../evil.txt", [1]), ("/etc/passwd", [1]), (@"C:\evil", [1])]));

        RandomModels.AssertSameTensors(_model, content.Model);
    }

    [Fact]
    public void File_cut_anywhere_is_refused()
    {
        foreach (byte[] file in new[] { _pickle.Archive(_pickle.StateDict(_model)), _pickle.Legacy(_pickle.StateDict(_model)) })
        {
            for (int length = 1; length < file.Length; length += 97)
            {
                Assert.Throws<InvalidModelFileException>(() => Read(file[..length]));
            }
        }
    }

    [Theory]
    [InlineData("<!DOCTYPE html>", "it is a web page or other markup")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer")]
    [InlineData("\x1f\x8b\x08", "it is compressed as a whole")]
    [InlineData("hello", "its beginning is that of no weight file")]
    [InlineData("\x80\x02N.", "it is a pickle, but not one that torch.save wrote")]
    [InlineData("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "it is a zip archive without torch's 'data.pkl'")]
    [InlineData("PK", "its zip archive has no list of members")]
    public void File_of_another_kind_is_told_apart(string content, string reason)
    {
        byte[] file = System.Text.Encoding.Latin1.GetBytes(content);

        Assert.StartsWith(reason, Refuse(file), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        Assert.False(new PyTorchFormat().LooksLike(file, folder.File("x")));
    }

    [Fact]
    public void Missing_file_and_folder_are_told_apart()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<FileNotFoundException>(() => PyTorchModelReader.Read(folder.File("none.pth")));
        Assert.Equal("it is a folder, not a file", Assert.Throws<InvalidModelFileException>(() => PyTorchModelReader.Read(folder.Path)).Reason);
    }

    [Fact]
    public void Disposed_content_has_no_weights_any_more()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("m.pth"), _pickle.Archive(_pickle.StateDict(_model)));
        WeightsContent content = PyTorchModelReader.Read(folder.File("m.pth"));

        content.Dispose();

        Assert.Throws<ObjectDisposedException>(() => content.Model.Tensors["features.0.weight"].ToSingles());
    }
}
