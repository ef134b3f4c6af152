using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CsCheck;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Safetensors;

public sealed class SafetensorsModelTests
{
    private static readonly Gen<VggArchitecture> s_architectures =
        Gen.Select(Gen.Enum<VggConfiguration>(), Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[1, 4], Gen.Int[1, 5], Gen.Double[1e-9, 1], Gen.Double[0.001, 0.06])
            .Select((configuration, batchNorm, top, fifthPool, side, classes, epsilon, width) => new VggArchitecture
            {
                Configuration = configuration,
                BatchNorm = batchNorm,
                BatchNormEpsilon = epsilon,
                WidthMultiplier = width,
                InputSize = side * 32,
                Classes = classes,
                DenseUnits = classes + 3,
                IncludeTop = top,
                FifthPool = fifthPool,
                Dropout = epsilon / 2,
            });

    private static readonly Gen<VggModel> s_models =
        Gen.Select(s_architectures, Gen.Enum<TensorType>(), Gen.Enum<PreprocessingFamily>().Nullable(), Gen.Int, Gen.Bool, Gen.String[0, 20].Where(text => !text.Any(char.IsSurrogate)))
            .Select((architecture, type, family, seed, extras, text) =>
            {
                VggModel plain = RandomModels.Create(architecture, type, seed);
                return new VggModel(architecture, plain.Tensors.Values)
                {
                    Preprocessing = family,
                    Labels = extras && architecture.IncludeTop ? [.. Enumerable.Range(0, architecture.Classes).Select(index => text + index)] : null,
                    Provenance = extras ? new ModelProvenance { Name = text, Changes = "none" } : new ModelProvenance(),
                    ActivationRanges = extras ? new Dictionary<string, ActivationRange> { [text] = new(-seed, float.BitIncrement(Math.Abs((float)seed))) } : null,
                };
            });

    [Fact]
    public void Model_of_any_kind_comes_back_exactly()
    {
        using var folder = new TemporaryFolder();
        s_models.Sample(
            model =>
            {
                string path = folder.File(Guid.NewGuid().ToString("N"));
                SafetensorsModelWriter.Write(model, path, cancellationToken: TestContext.Current.CancellationToken);

                using VggModel read = SafetensorsModelReader.Read(path);

                RandomModels.AssertSameTensors(model, read);
                Assert.Equal(model.Preprocessing, read.Preprocessing);
                Assert.Equal(model.Labels, read.Labels);
                Assert.Equal(model.Provenance, read.Provenance);
                Assert.Equal(model.ActivationRanges?.OrderBy(pair => pair.Key), read.ActivationRanges?.OrderBy(pair => pair.Key));
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void Same_model_gives_the_same_bytes_in_network_order_and_aligned()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny with { BatchNorm = true });
        using var reversed = new VggModel(model.Architecture, model.Tensors.Values.Reverse());

        SafetensorsModelWriter.Write(model, folder.File("a"), cancellationToken: TestContext.Current.CancellationToken);
        SafetensorsModelWriter.Write(reversed, folder.File("b"), cancellationToken: TestContext.Current.CancellationToken);

        byte[] bytes = File.ReadAllBytes(folder.File("a"));
        Assert.Equal(bytes, File.ReadAllBytes(folder.File("b")));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("a"));
        Assert.Equal(model.Architecture.Tensors.Select(tensor => tensor.Name), file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public void Storage_type_can_be_chosen_when_writing(TensorType type)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        SafetensorsModelWriter.Write(model, folder.File("m"), type, cancellationToken: TestContext.Current.CancellationToken);

        using VggModel read = SafetensorsModelReader.Read(folder.File("m"));
        RandomModels.AssertSameTensors(model.ConvertTo(type), read);
    }

    [Fact]
    public void Failed_writing_leaves_the_old_file_and_nothing_else() =>
        CancelledWriting.AssertLeavesTheOldFileAndNothingElse((model, path, cancellationToken) => SafetensorsModelWriter.Write(model, path, cancellationToken: cancellationToken));

    [Fact]
    public void Model_can_be_written_over_the_file_it_is_mapped_from()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows doesn't replace mapped files");
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        SafetensorsModelWriter.Write(model, folder.File("m"), cancellationToken: TestContext.Current.CancellationToken);
        using VggModel mapped = SafetensorsModelReader.Read(folder.File("m"));

        SafetensorsModelWriter.Write(mapped, folder.File("m"), cancellationToken: TestContext.Current.CancellationToken);

        using VggModel read = SafetensorsModelReader.Read(folder.File("m"));
        RandomModels.AssertSameTensors(model, read);
    }

    [Fact]
    public void Disposed_model_has_no_weights_any_more_and_its_conversion_keeps_them()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        SafetensorsModelWriter.Write(model, folder.File("m"), cancellationToken: TestContext.Current.CancellationToken);
        VggModel mapped = SafetensorsModelReader.Read(folder.File("m"));
        using VggModel detached = mapped.ConvertTo(TensorType.Float32);

        mapped.Dispose();

        Assert.Throws<ObjectDisposedException>(() => mapped.Tensors["features.0.weight"].ToSingles());
        RandomModels.AssertSameTensors(model, detached);
    }

    // Oracle: what torchvision's model is, as recorded beside the file that PyTorch wrote.
    [Fact]
    public void File_of_torchvision_is_recognised()
    {
        string path = SharedData.Require("goldens/weights/torch/vgg16.torchvision.safetensors");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.Require("goldens/weights/torch/expected.json")));
        JsonElement golden = expected.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == Path.GetFileName(path)).GetProperty("architecture");

        using VggModel model = SafetensorsModelReader.Read(path);

        VggArchitecture found = model.Architecture;
        Assert.Equal(golden.GetProperty("configuration").GetString(), found.Configuration.ToString());
        Assert.Equal(golden.GetProperty("batch_norm").GetBoolean(), found.BatchNorm);
        Assert.Equal(golden.GetProperty("conv_widths").EnumerateArray().Select(width => width.GetInt32()), found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels));
        Assert.Equal(golden.GetProperty("input")[1].GetInt32(), found.InputSize);
        Assert.Equal(golden.GetProperty("dense")[0].GetInt32(), found.DenseUnits);
        Assert.Equal(golden.GetProperty("classes").GetInt32(), found.Classes);
        Assert.Equal(1.0 / 32, found.WidthMultiplier);
        Assert.Null(model.Preprocessing);
    }

    // PyTorch stores a counter of training steps beside each batch norm.
    [Fact]
    public void Step_counters_of_batch_norm_are_left_out()
    {
        VggModel model = RandomModels.Create(RandomModels.Tiny with { BatchNorm = true });
        byte[] bytes = Foreign(model, ("features.1.num_batches_tracked", "I64", new byte[8]));

        using VggModel read = SafetensorsModelReader.Read(SafetensorsFile.Parse(bytes));

        RandomModels.AssertSameTensors(model, read);
    }

    [Fact]
    public void Weights_of_another_type_are_refused_by_name()
    {
        byte[] bytes = Foreign(RandomModels.Create(RandomModels.Tiny), ("features.30.weight", "F64", new byte[8]));

        Assert.Equal(
            "tensor 'features.30.weight' holds F64 of shape (), and weights are F32, F16 or BF16 and never empty",
            Assert.Throws<InvalidModelFileException>(() => SafetensorsModelReader.Read(SafetensorsFile.Parse(bytes))).Reason);
    }

    // Oracle: the reasons in broken/expected.json, in our words.
    [Theory]
    [InlineData("alexnet", "'features.0.weight' has a kernel of 11x11, and a VGG has only 3x3 (and 1x1 in configuration C)")]
    [InlineData("bias_mismatch", "it looks like VGG11, width 0.015625, and 'features.6.bias' has shape (5) instead of (4)")]
    [InlineData("conv5x5", "'features.6.weight' has a kernel of 5x5, and a VGG has only 3x3 (and 1x1 in configuration C)")]
    [InlineData("lfs_pointer", "it is a Git LFS pointer, which stands for the file; run 'git lfs pull' to get the file itself")]
    [InlineData("nan", "tensor 'features.8.weight' holds NaN or infinity, so the weights are damaged or their training diverged")]
    [InlineData("st_array", "its header isn't a JSON object, so this is no safetensors file")]
    [InlineData("st_length_2_63", "its header claims 9,223,372,036,854,775,813 bytes, above the format's limit of 100,000,000, so this is probably a file of another kind")]
    [InlineData("st_length_past_end", null)]
    [InlineData("st_negative_shape", null)]
    [InlineData("st_out_of_range", null)]
    public void Broken_golden_file_is_refused(string name, string? reason)
    {
        string path = SharedData.Require($"goldens/weights/broken/{name}.safetensors");

        var exception = Assert.Throws<InvalidModelFileException>(() => SafetensorsModelReader.Read(path));

        Assert.Equal(path, exception.Path);
        Assert.Equal(reason ?? exception.Reason, exception.Reason);
    }

    /// <summary>A file without our metadata, with one tensor more.</summary>
    private static byte[] Foreign(VggModel model, (string Name, string Type, byte[] Data) extra)
    {
        var header = new StringBuilder("{");
        var data = new List<byte>();
        foreach (ModelTensor tensor in model.Tensors.Values)
        {
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $"\"{tensor.Name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', tensor.Shape)}],\"data_offsets\":[{data.Count},{data.Count + tensor.Data.Length}]}},");
            data.AddRange(tensor.Data.Span);
        }

        header.Append(System.Globalization.CultureInfo.InvariantCulture, $"\"{extra.Name}\":{{\"dtype\":\"{extra.Type}\",\"shape\":[],\"data_offsets\":[{data.Count},{data.Count + extra.Data.Length}]}}}}");
        data.AddRange(extra.Data);
        return SafetensorsFileTests.Bytes(header.ToString(), [.. data]);
    }
}
