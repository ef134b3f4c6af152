using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Weights;

/// <summary>Oracle: the model that was written.</summary>
public sealed class WeightsFileTests
{
    private static readonly string[] s_circle = ["1.pth", "2.safetensors", "3.onnx", "4.h5", "5.pt"];

    public static TheoryData<VggArchitecture, TensorType> Networks =>
    new()
    {
        { RandomModels.Tiny, TensorType.Float32 },
        { RandomModels.Tiny with { Configuration = VggConfiguration.D, InputSize = 64 }, TensorType.Float16 },
        { RandomModels.Tiny with { Configuration = VggConfiguration.C, HiddenDenseLayers = 1 }, TensorType.Float32 },
        { RandomModels.Tiny with { Configuration = VggConfiguration.E, IncludeTop = false }, TensorType.Float32 },
        { RandomModels.Tiny with { FifthPool = false }, TensorType.Float32 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Any_format_to_any_keeps_every_bit(VggArchitecture architecture, TensorType type)
    {
        using var folder = new TemporaryFolder();
        using VggModel random = RandomModels.CreateTrainable(architecture, PreprocessingFamily.Torchvision, type);
        using var model = new VggModel(architecture, random.Tensors.Values)
        {
            Preprocessing = PreprocessingFamily.Torchvision,
            Labels = architecture.IncludeTop ? ["a", "b"] : null,
            Provenance = new ModelProvenance { Name = "circle", Licence = "CC0-1.0" },
        };
        WeightsFile.Write(model, folder.File(s_circle[0]), cancellationToken: TestContext.Current.CancellationToken);
        foreach ((string from, string to) in s_circle.Zip(s_circle.Skip(1)))
        {
            using WeightsContent content = WeightsFile.Read(folder.File(from));
            WeightsFile.Write(content.Model, folder.File(to), cancellationToken: TestContext.Current.CancellationToken);
        }

        using WeightsContent last = WeightsFile.Read(folder.File(s_circle[^1]));

        Assert.Equal(WeightsFormat.PyTorch, last.Format);
        RandomModels.AssertSameTensors(model, last.Model);
        Assert.Equal(model.Preprocessing, last.Model.Preprocessing);
        Assert.Equal(model.Labels, last.Model.Labels);
        Assert.Equal(model.Provenance, last.Model.Provenance);
    }

    [Theory]
    [InlineData("x.safetensors", TensorType.BFloat16)]
    [InlineData("x.pth", TensorType.BFloat16)]
    [InlineData("x.h5", TensorType.Float16)]
    [InlineData("x.onnx", TensorType.Float16)]
    public void Storage_type_is_what_was_asked_for(string file, TensorType type)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        WeightsFile.Write(model, folder.File(file), new WeightsWriteOptions { Storage = type }, TestContext.Current.CancellationToken);

        using WeightsContent content = WeightsFile.Read(folder.File(file));
        using VggModel expected = model.ConvertTo(type);
        RandomModels.AssertSameTensors(expected, content.Model);
    }

    [Fact]
    public void Format_is_found_by_content_whatever_the_name()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        (string Extension, WeightsFormat Format)[] formats = [(".safetensors", WeightsFormat.Safetensors), (".onnx", WeightsFormat.Onnx), (".h5", WeightsFormat.KerasH5), (".pt", WeightsFormat.PyTorch)];
        foreach ((string extension, WeightsFormat format) in formats)
        {
            WeightsFile.Write(model, folder.File("x" + extension), cancellationToken: TestContext.Current.CancellationToken);
            File.Move(folder.File("x" + extension), folder.File("weights.bin"), overwrite: true);

            Assert.Equal(format, WeightsFile.Detect(folder.File("weights.bin")));
        }
    }

    [Fact]
    public void Extension_of_no_written_format_is_refused_with_those_that_are()
    {
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        var exception = Assert.Throws<NotSupportedException>(() => WeightsFile.Write(model, "x.caffemodel", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("'x.caffemodel' can't be written: the name of the file says its format, and must end in .safetensors, .onnx, .h5, .pth, .pt.", exception.Message);
    }

    [Fact]
    public void Preprocessing_that_the_file_contradicts_is_refused()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny, PreprocessingFamily.Torchvision);
        WeightsFile.Write(model, folder.File("x.h5"), cancellationToken: TestContext.Current.CancellationToken);

        var exception = Assert.Throws<InvalidModelFileException>(() => WeightsFile.Read(folder.File("x.h5"), new WeightsReadOptions { Preprocessing = PreprocessingFamily.KerasCaffe }));

        Assert.Contains("Torchvision", exception.Reason, StringComparison.Ordinal);
    }
}
