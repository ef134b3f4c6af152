using CsCheck;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Keras;

namespace VggTransfer.Tests.KerasFiles;

public sealed class KerasH5ModelWriterTests
{
    private static readonly Gen<VggModel> s_models =
        Gen.Select(Gen.Enum<VggConfiguration>(), Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[32, 70], Gen.Int[0, 3], Gen.Double[0.001, 0.06], Gen.Bool)
            .Select((configuration, batchNorm, top, fifthPool, side, hidden, width, half) => RandomModels.Create(
                new VggArchitecture
                {
                    Configuration = configuration,
                    BatchNorm = batchNorm,
                    BatchNormEpsilon = 2e-4,
                    WidthMultiplier = width,
                    InputSize = side,
                    Classes = 2,
                    HiddenDenseLayers = hidden,
                    DenseUnits = 3,
                    IncludeTop = top,
                    FifthPool = fifthPool,
                    Dropout = 0.25,
                },
                half ? TensorType.Float16 : TensorType.Float32,
                side));

    [Fact]
    public void Model_of_any_kind_comes_back_exactly()
    {
        using var folder = new TemporaryFolder();
        s_models.Sample(
            model =>
            {
                string path = folder.File(Guid.NewGuid().ToString("N"));
                KerasH5ModelWriter.Write(model, path, cancellationToken: TestContext.Current.CancellationToken);

                using WeightsContent read = KerasH5ModelReader.Read(path);

                RandomModels.AssertSameTensors(model, read.Model);
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void What_travels_with_a_model_comes_back()
    {
        using var folder = new TemporaryFolder();
        using var model = new VggModel(RandomModels.Tiny, RandomModels.Create(RandomModels.Tiny).Tensors.Values)
        {
            Preprocessing = PreprocessingFamily.KerasCaffe,
            Labels = ["Katze", "Hündchen"],
            Provenance = new ModelProvenance { Licence = "CC-BY-4.0" },
        };
        KerasH5ModelWriter.Write(model, folder.File("m.h5"), cancellationToken: TestContext.Current.CancellationToken);

        using WeightsContent read = KerasH5ModelReader.Read(folder.File("m.h5"));

        Assert.Equal(model.Preprocessing, read.Model.Preprocessing);
        Assert.Equal(model.Labels, read.Model.Labels);
        Assert.Equal(model.Provenance, read.Model.Provenance);
    }

    [Theory]
    [InlineData(TensorType.BFloat16, null, TensorType.Float32)]
    [InlineData(TensorType.Float32, TensorType.Float16, TensorType.Float16)]
    [InlineData(TensorType.Float16, TensorType.Float32, TensorType.Float32)]
    public void Storage_type_is_one_that_Keras_loads(TensorType given, TensorType? storage, TensorType stored)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny, given);

        KerasH5ModelWriter.Write(model, folder.File("m.h5"), storage, TestContext.Current.CancellationToken);

        using WeightsContent read = KerasH5ModelReader.Read(folder.File("m.h5"));
        RandomModels.AssertSameTensors(model.ConvertTo(stored), read.Model);
    }

    [Fact]
    public void Bfloat16_is_refused_because_Keras_could_not_load_it()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        Assert.Throws<ArgumentException>(() => KerasH5ModelWriter.Write(model, folder.File("m.h5"), TensorType.BFloat16, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Same_model_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny with { BatchNorm = true });

        KerasH5ModelWriter.Write(model, folder.File("a"), cancellationToken: TestContext.Current.CancellationToken);
        KerasH5ModelWriter.Write(model, folder.File("b"), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
    }

    [Fact]
    public void Cancelled_writing_leaves_the_old_file_and_nothing_else() =>
        CancelledWriting.AssertLeavesTheOldFileAndNothingElse((model, path, cancellationToken) => KerasH5ModelWriter.Write(model, path, cancellationToken: cancellationToken));

    // Oracle: h5py, and the steps of Keras's load_weights_from_hdf5_group in NumPy.
    [Fact]
    public void H5py_finds_what_load_weights_asks_for()
    {
        using var folder = new TemporaryFolder();
        VggArchitecture architecture = RandomModels.Tiny with { BatchNorm = true, InputSize = 64 };
        using VggModel model = RandomModels.Create(architecture);
        foreach (ModelTensor tensor in model.Tensors.Values)
        {
            File.WriteAllBytes(folder.File(tensor.Name), tensor.Data.ToArray());
        }

        KerasH5ModelWriter.Write(model, folder.File("m.h5"), cancellationToken: TestContext.Current.CancellationToken);

        string printed = H5py.Run(LoadWeights, folder.Path, architecture.BlockWidth(5).ToString(System.Globalization.CultureInfo.InvariantCulture));

        string[] lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("tensorflow 2.15.0", lines[0]);
        Assert.Equal(
            ["input_1", "block1_conv1", "block1_conv1_bn", "block1_conv1_relu", "block1_pool"],
            lines[1].Split(' ')[..5]);
        Assert.Equal(["block5_pool", "flatten", "fc1", "fc2", "predictions"], lines[1].Split(' ')[^5..]);
        Assert.Equal($"equal {model.Tensors.Count}", lines[2]);
    }

    private const string LoadWeights = """
        import h5py, numpy as np, sys, os
        folder, channels = sys.argv[1], int(sys.argv[2])
        f = h5py.File(os.path.join(folder, 'm.h5'), 'r')
        text = lambda v: v.decode('utf8')
        assert isinstance(f.attrs['layer_names'], np.ndarray) and f.attrs['layer_names'].dtype.kind == 'S'
        print(text(f.attrs['backend']), text(f.attrs['keras_version']))
        names = [text(n) for n in f.attrs['layer_names']]
        print(' '.join(names))
        values = []
        for n in names:
            weights = f[n].attrs['weight_names']
            assert weights.dtype.kind == ('S' if weights.size else 'f')
            for w in weights:
                w = text(w)
                assert w.startswith(n + '/') and w.endswith(':0')
                values.append(np.asarray(f[n][w]))
        index, pool = 0, []
        order = [n for n in os.listdir(folder) if n.startswith(('features', 'classifier'))]
        part = {'weight': 0, 'bias': 1, 'running_mean': 2, 'running_var': 3}
        order.sort(key=lambda n: (n.startswith('classifier'), int(n.split('.')[1]), part[n.split('.')[2]]))
        assert len(order) == len(values)
        for n, v in zip(order, values):
            assert v.dtype == np.float32
            if v.ndim == 4:
                v = v.transpose(3, 2, 0, 1)
            elif n == 'classifier.0.weight':
                side = int((v.shape[0] // channels) ** 0.5)
                v = v.reshape(side, side, channels, -1).transpose(3, 2, 0, 1)
            elif v.ndim == 2:
                v = v.T
            assert np.array_equal(v.ravel(), np.fromfile(os.path.join(folder, n), '<f4')), n
        print('equal', len(order))
        """;
}
