using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;
using VggTransfer.Weights.Formats;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Weights;

/// <summary>What it takes to add a format: one class, and its line in the list.</summary>
public sealed class AddedFormatTests
{
    private static readonly IReadOnlyList<IWeightsFormat> s_formats = [.. WeightsFormats.All, new RawFormat()];

    [Fact]
    public void Added_format_is_written_found_and_read_as_the_others_are()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny with { IncludeTop = false });

        WeightsFile.WriteWith(s_formats, model, folder.File("x.raw"), options: null, TestContext.Current.CancellationToken);
        File.Move(folder.File("x.raw"), folder.File("unnamed"));
        using WeightsContent content = WeightsFile.ReadWith(s_formats, folder.File("unnamed"), new WeightsReadOptions { Preprocessing = PreprocessingFamily.KerasCaffe });

        Assert.Equal(RawFormat.Raw, content.Format);
        Assert.Equal(PreprocessingFamily.KerasCaffe, content.Model.Preprocessing);
        RandomModels.AssertSameTensors(model, content.Model);
    }

    [Fact]
    public void Added_format_stands_in_the_messages_and_leaves_other_files_alone()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        SafetensorsModelWriter.Write(model, folder.File("x.raw"), cancellationToken: TestContext.Current.CancellationToken);
        File.WriteAllText(folder.File("none"), "nothing of the kind");
        using WeightsContent content = WeightsFile.ReadWith(s_formats, folder.File("x.raw"));

        Assert.Equal(WeightsFormat.Safetensors, content.Format);
        var unread = Assert.Throws<InvalidModelFileException>(() => WeightsFile.ReadWith(s_formats, folder.File("none")));
        Assert.EndsWith("TensorFlow checkpoints, raw numbers", unread.Reason, StringComparison.Ordinal);
        var unwritten = Assert.Throws<NotSupportedException>(() => WeightsFile.WriteWith(s_formats, model, "x.none", null, TestContext.Current.CancellationToken));
        Assert.EndsWith(".pt, .raw.", unwritten.Message, StringComparison.Ordinal);
    }

    /// <summary>A mark, then the bytes of a tiny network's tensors, one behind the other.</summary>
    private sealed class RawFormat : IWeightsFormat
    {
        public const WeightsFormat Raw = (WeightsFormat)100;

        private static ReadOnlySpan<byte> Mark => "RAW!"u8;

        public WeightsFormat Id => Raw;

        public string Name => "raw numbers";

        public IReadOnlyList<string> Extensions { get; } = [".raw"];

        public IReadOnlyList<string> WrittenExtensions => Extensions;

        public bool LooksLike(ReadOnlySpan<byte> head, string path) => head.StartsWith(Mark);

        public WeightsContent Read(string path, WeightsReadOptions options)
        {
            VggArchitecture architecture = RandomModels.Tiny with { IncludeTop = false };
            byte[] content = File.ReadAllBytes(path);
            int position = Mark.Length;
            var tensors = new List<ModelTensor>();
            foreach (TensorSpecification tensor in architecture.Tensors)
            {
                int length = (int)tensor.ElementCount * sizeof(float);
                tensors.Add(new ModelTensor(tensor.Name, tensor.Shape, TensorType.Float32, content.AsMemory(position, length)));
                position += length;
            }

            return new WeightsContent(new VggModel(architecture, tensors), Id, []);
        }

        public void Write(VggModel model, string path, WeightsWriteOptions options, CancellationToken cancellationToken) =>
            File.WriteAllBytes(path, [.. Mark, .. model.Architecture.Tensors.SelectMany(tensor => model.Tensors[tensor.Name].Data.ToArray())]);
    }
}
