using System.IO.Compression;
using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.PyTorch;

namespace VggTransfer.Tests.PyTorch;

/// <summary>What is written is read again, here by our reader; <see cref="TorchTests"/> has torch read it.</summary>
public sealed class PyTorchWriterTests
{
    public static TheoryData<string, TensorType, bool, int, bool> Models => new()
    {
        { "A", TensorType.Float32, false, 2, true },
        { "B", TensorType.Float16, true, 1, true },
        { "C", TensorType.BFloat16, false, 0, true },
        { "E", TensorType.Float32, true, 2, false },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Model_of_any_kind_comes_back_exactly(string configuration, TensorType type, bool batchNorm, int hidden, bool top)
    {
        using var folder = new TemporaryFolder();
        using VggModel plain = RandomModels.Create(RandomModels.Tiny with { Configuration = Enum.Parse<VggConfiguration>(configuration), BatchNorm = batchNorm, BatchNormEpsilon = 1e-3, HiddenDenseLayers = hidden, IncludeTop = top, FifthPool = !top }, type);
        using var model = new VggModel(plain.Architecture, plain.Tensors.Values)
        {
            Preprocessing = PreprocessingFamily.Torchvision,
            Labels = top ? ["größer", "kleiner"] : null,
            Provenance = new ModelProvenance { Name = "m", Licence = "CC-BY-4.0" },
        };

        PyTorchModelWriter.Write(model, folder.File("m.pth"), cancellationToken: TestContext.Current.CancellationToken);

        using WeightsContent read = PyTorchModelReader.Read(folder.File("m.pth"));
        RandomModels.AssertSameTensors(model, read.Model);
        Assert.Equal(model.Preprocessing, read.Model.Preprocessing);
        Assert.Equal(model.Labels, read.Model.Labels);
        Assert.Equal(model.Provenance, read.Model.Provenance);
        Assert.Empty(read.Notes);
    }

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public void Storage_type_can_be_chosen_when_writing(TensorType type)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        PyTorchModelWriter.Write(model, folder.File("m"), type, TestContext.Current.CancellationToken);

        using WeightsContent read = PyTorchModelReader.Read(folder.File("m"));
        RandomModels.AssertSameTensors(model.ConvertTo(type), read.Model);
    }

    // Oracle: .NET's reader of archives checks the lengths and the checksums.
    [Fact]
    public void Archive_is_sound_and_the_same_each_time_and_its_contents_aligned()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);

        PyTorchModelWriter.Write(model, folder.File("a"), cancellationToken: TestContext.Current.CancellationToken);
        PyTorchModelWriter.Write(model, folder.File("b"), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
        using MappedFile file = MappedFile.Open(folder.File("a"), "PyTorch");
        ZipDirectory directory = ZipDirectory.Read(file, "PyTorch");
        using ZipArchive oracle = ZipFile.OpenRead(folder.File("a"));
        Assert.Equal(["archive/data.pkl", "archive/byteorder", "archive/data/0"], oracle.Entries.Take(3).Select(entry => entry.FullName));
        foreach (ZipArchiveEntry entry in oracle.Entries)
        {
            using Stream stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            ZipMember member = directory.Find(entry.FullName)!;
            Assert.Equal(content.ToArray(), directory.Content(member).ToArray());
            Assert.Equal(0, directory.PositionOf(member) % 64);
            Assert.Equal(System.IO.Hashing.Crc32.HashToUInt32(content.ToArray()), entry.Crc32);
        }
    }

    // Oracle: .NET's reader. The file is sparse: 5 GB long, a few KB on disk.
    [Fact]
    public void Archive_beyond_4_gigabytes_is_written_and_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a file system with sparse files");
        using var folder = new TemporaryFolder();
        byte[] content = [1, 2, 3];
        using (FileStream stream = File.Create(folder.File("z")))
        {
            stream.Position = 5L << 30;
            var zip = new ZipWriter(stream);
            zip.Add("a/b", content.Length, [content]);
            zip.Finish();
        }

        using (ZipArchive oracle = ZipFile.OpenRead(folder.File("z")))
        {
            using Stream member = oracle.GetEntry("a/b")!.Open();
            byte[] read = new byte[3];
            member.ReadExactly(read);
            Assert.Equal(content, read);
        }

        using MappedFile file = MappedFile.Open(folder.File("z"), "PyTorch");
        ZipDirectory directory = ZipDirectory.Read(file, "PyTorch");
        Assert.Equal(content, directory.Content(directory.Find("a/b")!).ToArray());
    }

    [Fact]
    public void Failed_writing_leaves_the_old_file_and_nothing_else() =>
        CancelledWriting.AssertLeavesTheOldFileAndNothingElse((model, path, cancellationToken) => PyTorchModelWriter.Write(model, path, cancellationToken: cancellationToken));
}
