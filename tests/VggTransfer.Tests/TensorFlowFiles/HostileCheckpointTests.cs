using System.Buffers.Binary;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.TensorFlow;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.TensorFlowFiles;

/// <summary>Checkpoints that are damaged or no VGG's end in one sentence.</summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private const string Kernel = "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Entries => new()
    {
        { "shard", $"'{Kernel}' is said to be in data file 7 of 1; the index is damaged" },
        { "offset", "should be the 108 bytes from 4,611,686,018,427,387,904 on" },
        { "negative", "should be the 108 bytes from -1 on" },
        { "size", $"'{Kernel}' of shape (3, 3, 3, 1) takes 108 bytes, and the index says 104" },
        { "shape", $"'{Kernel}' has no sensible shape; the index is damaged" },
        { "zero", $"'{Kernel}' has no sensible shape; the index is damaged" },
        { "huge", $"'{Kernel}' of shape (2147483647, 2147483647, 3, 1) is larger than any tensor of a VGG" },
        { "type", $"'{Kernel}' is of TensorFlow's data type 9, and weights are float32, float16, bfloat16 or float64" },
        { "sliced", $"'{Kernel}' is stored in slices (a partitioned variable), which isn't supported; save the model without partitions" },
        { "crc", $"tensor '{Kernel}' doesn't match its checksum, so the file is damaged, or not of the same checkpoint as its index" },
    };

    [Theory]
    [MemberData(nameof(Entries))]
    public void Entry_that_cant_be_right_is_refused(string part, string reason)
    {
        CheckpointWriter writer = Write((key, entry) => key != Kernel ? entry : part switch
        {
            "shard" => entry with { Shard = 7 },
            "offset" => entry with { Offset = 1L << 62 },
            "negative" => entry with { Offset = -1 },
            "size" => entry with { Size = 104 },
            "shape" => entry with { Shape = null },
            "zero" => entry with { Shape = [3, 3, 0, 1] },
            "huge" => entry with { Shape = [int.MaxValue, int.MaxValue, 3, 1] },
            "type" => entry with { DataType = 9 },
            "sliced" => entry with { Sliced = true },
            _ => entry with { MaskedCrc = entry.MaskedCrc + 1 },
        });
        writer.Save(_folder.File("m"));

        InvalidModelFileException exception = AssertRefused();

        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_short_data_files_are_named()
    {
        CheckpointWriter writer = Write();
        writer.Save(_folder.File("m"));
        string data = _folder.File("m.data-00000-of-00001");
        byte[] bytes = File.ReadAllBytes(data);
        File.WriteAllBytes(data, bytes[..^1]);
        Assert.EndsWith("it is cut off, or not of the same checkpoint as its index", AssertRefused().Reason, StringComparison.Ordinal);

        File.Delete(data);
        Assert.Equal("its data file 'm.data-00000-of-00001' isn't beside it; a checkpoint is the index and all its data files", AssertRefused().Reason);

        File.Move(_folder.File("m.index"), _folder.File("n"));
        File.WriteAllBytes(data, bytes);
        Assert.Equal("its index 'm.index' isn't beside it; a checkpoint is the index and all its data files", Assert.Throws<InvalidModelFileException>(() => TensorFlowReader.Read(data)).Reason);
    }

    [Fact]
    public void Every_cut_of_the_index_is_refused()
    {
        CheckpointWriter writer = Write();
        writer.Save(_folder.File("m"));
        byte[] index = File.ReadAllBytes(_folder.File("m.index"));
        for (int length = 0; length < index.Length; length += 7)
        {
            File.WriteAllBytes(_folder.File("m.index"), index[..length]);
            AssertRefused();
        }
    }

    [Fact]
    public void Every_changed_byte_of_a_block_is_found_out()
    {
        CheckpointWriter writer = Write();
        writer.Save(_folder.File("m"));
        byte[] index = File.ReadAllBytes(_folder.File("m.index"));
        for (int position = 0; position < index.Length - 48; position += 5)
        {
            // The block between the data and the index is of no use to us and isn't read.
            (int start, int length) = writer.Blocks[^2];
            if (position >= start && position < start + length + 5)
            {
                continue;
            }

            index[position] ^= 0x10;
            File.WriteAllBytes(_folder.File("m.index"), index);
            AssertRefused();
            index[position] ^= 0x10;
        }
    }

    [Theory]
    [InlineData(1, "its index is compressed with Snappy, which TensorFlow doesn't do by itself and which isn't supported; save the checkpoint again")]
    [InlineData(9, "its index is compressed in an unknown way (9); it is damaged")]
    public void Compressed_index_is_refused(byte compression, string reason)
    {
        Write(compression: compression).Save(_folder.File("m"));

        Assert.Equal(reason, AssertRefused().Reason);
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 0x01, 0x10, 0x01 }, "it was written on a big-endian machine, which isn't supported")]
    [InlineData(new byte[] { 0x08, 0x00 }, "its header claims 0 data files; it is damaged")]
    [InlineData(new byte[] { 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F }, "its header claims 4,294,967,295 data files; it is damaged")]
    [InlineData(new byte[] { 0x0A, 0x7F }, "its protocol buffers encoding is damaged or of another kind of file (field 1 has wire type 2 instead of 0)")]
    [InlineData(new byte[] { 0x1A, 0x7F }, "a field of 127 bytes reaches past the end of what it is part of; the file is cut off or damaged")]
    public void Header_that_cant_be_read_is_refused(byte[] header, string reason)
    {
        CheckpointWriter writer = Write();
        writer.Header = header;
        writer.Save(_folder.File("m"));

        Assert.Equal(reason, AssertRefused().Reason);
    }

    [Fact]
    public void Checkpoint_of_the_first_format_is_named()
    {
        byte[] v1 = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(v1.AsSpan(92), 0xDB4775248B80FB57);
        File.WriteAllBytes(_folder.File("m"), v1);

        Assert.StartsWith("it is a checkpoint of TensorFlow's first format (V1, a single file)", AssertRefused().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void NaN_is_refused_by_the_variables_name()
    {
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        float[] bias = new float[1];
        bias[0] = float.NaN;
        VggModel damaged = new(model.Architecture, model.Tensors.Values.Select(tensor => tensor.Name == "features.0.bias" ? ModelTensor.FromFloat32(tensor.Name, tensor.Shape, bias) : tensor));
        Write(model: damaged).Save(_folder.File("m"));

        Assert.StartsWith("tensor 'layer_with_weights-0/bias/.ATTRIBUTES/VARIABLE_VALUE' holds NaN or infinity", AssertRefused().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_that_contains_itself_ends()
    {
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        writer.SetNode(root, ("layer-0", root), ("layer_with_weights-0", root));
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        Assert.Equal("its models are nested too deep; it is damaged", AssertRefused().Reason);
    }

    [Fact]
    public void Layer_that_isnt_there_is_refused()
    {
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        writer.SetNode(root, ("layer-0", 1_000_000));
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        Assert.Equal("its graph of objects names an object that isn't there, or too many; it is damaged", AssertRefused().Reason);
    }

    // Layers in the order Conv2D(activation="relu"), BatchNormalization: no activation of its own.
    [Fact]
    public void Batch_norm_behind_the_activation_is_refused()
    {
        using VggModel model = RandomModels.Create(RandomModels.Tiny with { BatchNorm = true });
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        var children = new List<(string, int)>();
        var keras = new KerasCheckpoint(writer, model);
        foreach ((string name, int id) in keras.AddLayers())
        {
            children.Add((name, id));
        }

        // Leave out what Keras would list as an activation: each object behind a batch norm.
        int[] norms = [.. model.Architecture.Layers.Select((layer, index) => (layer, index)).Where(pair => pair.layer.Kind == VggLayerKind.BatchNormalization).Select(pair => pair.index)];
        Assert.NotEmpty(norms);
        int[] listed = [.. children.Where(child => child.Item1.StartsWith("layer-", StringComparison.Ordinal)).Select(child => child.Item2)];
        int[] weighted = [.. children.Where(child => child.Item1.StartsWith("layer_with", StringComparison.Ordinal)).Select(child => child.Item2)];
        var kept = new List<int>();
        int norm = 0;
        for (int i = 0; i < listed.Length; i++)
        {
            kept.Add(listed[i]);
            if (weighted.Contains(listed[i]) && norm < 2 * norms.Length && ++norm % 2 == 0)
            {
                i++;
            }
        }

        writer.SetNode(root, [.. kept.Select((id, index) => ($"layer-{index}", id)), .. weighted.Select((id, index) => ($"layer_with_weights-{index}", id))]);
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        Assert.StartsWith("no activation stands between a batch norm and the next convolution", AssertRefused().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Network_that_is_no_VGG_is_refused()
    {
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        var children = new List<(string, int)>();
        foreach (int layer in Enumerable.Range(0, 5))
        {
            writer.Add($"{layer}/kernel", [5, 5, 1, 1], new float[25]);
            children.Add(($"layer-{layer}", writer.AddNode(("kernel", writer.AddNode($"{layer}/kernel", $"conv{layer}/kernel")))));
        }

        writer.SetNode(root, [.. children]);
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        Assert.StartsWith("its model's 5 convolutions (5x5, 5x5, 5x5, 5x5, 5x5) are those of no VGG", AssertRefused().Reason, StringComparison.Ordinal);
    }

    internal static CheckpointWriter Write(Func<string, BundleEntry, BundleEntry>? change = null, byte compression = 0, VggModel? model = null, Func<byte[], byte[]>? changeGraph = null)
    {
        using VggModel tiny = RandomModels.Create(RandomModels.Tiny);
        var writer = new CheckpointWriter { Change = change ?? ((_, entry) => entry), Compression = compression, ChangeGraph = changeGraph ?? (graph => graph) };
        int root = writer.AddNode();
        writer.SetNode(root, new KerasCheckpoint(writer, model ?? tiny).AddLayers());
        writer.AddGraph();
        return writer;
    }

    private InvalidModelFileException AssertRefused()
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => TensorFlowReader.Read(_folder.File("m")));
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Contains(_folder.Path, exception.Message, StringComparison.Ordinal);
        return exception;
    }
}
