using System.IO.Compression;
using System.Text;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>Whatever is in a file, loading ends in a classifier or in <see cref="InvalidModelFileException"/>.</summary>
public sealed class ClassifierFileTests : IDisposable
{
    private const string Description = "VggTransfer/classifier.json";
    private const string Head = "VggTransfer/head.safetensors";

    private static readonly Lazy<byte[]> s_model = new(() => ClassifierFixture.Save(32));
    private static readonly Lazy<byte[]> s_largeModel = new(() => ClassifierFixture.Save(96));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void File_cut_short_anywhere_is_refused()
    {
        byte[] model = s_model.Value;
        var random = new Random(1);
        int[] lengths = [0, 1, 4, 21, 22, 100, .. Enumerable.Range(0, 60).Select(_ => random.Next(model.Length)), model.Length - 22, model.Length - 1];

        Assert.All(lengths, length => Refuses(model[..length]));
    }

    [Fact]
    public void Flipped_bytes_are_noticed_or_do_no_harm()
    {
        byte[] model = s_model.Value;
        (_, LinearHead head, byte[] graph) = ClassifierFile.Read(Write(model));
        var random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] mutated = [.. model];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                (_, LinearHead readHead, byte[] readGraph) = ClassifierFile.Read(Write(mutated));
                Assert.Equal(head.Weights, readHead.Weights);
                Assert.True(graph.AsSpan().SequenceEqual(readGraph));
            }
            catch (InvalidModelFileException)
            {
                refused++;
            }
        }

        // Most of the file is weights, whose checksums tell; ML.NET's own entries aren't read.
        Assert.InRange(refused, 100, 199);
    }

    [Fact]
    public void Mutated_descriptions_and_heads_give_a_classifier_or_our_exception()
    {
        var random = new Random(3);
        string[] tokens = ["null", "-1", "0", "1e9", "99999999999", "\"\"", "[]", "{}", "true", "\"fc7\"", "\"stretch-nearest\"", "[null,null,null]", "NaN", "\u0000", "\"a\"", "[[[[[[[[[[[[[[[[[[[["];
        int loaded = 0;
        for (int i = 0; i < 300; i++)
        {
            string entry = i % 3 == 0 ? Head : Description;
            byte[] content = Rewrite(s_model.Value, (name, bytes) => name == entry ? Mutate(bytes) : bytes);
            try
            {
                using var classifier = ImageClassifier.Load(Write(content), threads: 1);
                _ = classifier.Classify(VggTransfer.Tests.Images.SampleImages.Png(20, 20));
                loaded++;
            }
            catch (InvalidModelFileException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.InRange(loaded, 5, 250);

        byte[] Mutate(byte[] bytes)
        {
            var mutated = bytes.ToList();
            for (int change = random.Next(1, 3); change > 0; change--)
            {
                // Mostly into the header or the text, where it matters.
                int at = random.Next(Math.Min(mutated.Count, 1500));
                switch (random.Next(4))
                {
                    case 0:
                        mutated[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        mutated.RemoveRange(at, Math.Min(random.Next(1, 20), mutated.Count - at));
                        break;
                    default:
                        // A value in place of another, as far as the next comma.
                        int start = mutated.IndexOf((byte)':', at) + 1;
                        int end = mutated.FindIndex(start, b => b is (byte)',' or (byte)'\n' or (byte)'}');
                        mutated.RemoveRange(start, Math.Max(0, end - start));
                        mutated.InsertRange(start, Encoding.UTF8.GetBytes(tokens[random.Next(tokens.Length)]));
                        break;
                }
            }

            return [.. mutated];
        }
    }

    [Theory]
    [InlineData(Description, "has no entry")]
    [InlineData(Head, "has no entry")]
    [InlineData("OnnxModel", "0 ONNX graphs")]
    public void Missing_entry_is_named(string entry, string reason) =>
        Refuses(Rewrite(s_model.Value, (name, bytes) => name.EndsWith(entry, StringComparison.Ordinal) ? null : bytes), reason);

    [Theory]
    [InlineData("\"formatVersion\": 2", "\"formatVersion\": 3", "format version 3")]
    [InlineData("\"inputSize\": 32", "\"inputSize\": 64", "don't fit each other")]
    [InlineData("\"inputSize\": 32", "\"inputSize\": -1", "input size is -1")]
    [InlineData("\"preprocessing\": \"kerasCaffe\"", "\"preprocessing\": 17", "preprocessing is 17")]
    [InlineData("\"orientation\": \"upright\"", "\"orientation\": 17", "orientation is 17")]
    [InlineData("\"red\"", "null", "a class has no name")]
    [InlineData("\"red\"", "\"green\"", "two classes have the same name")]
    [InlineData("\"red\"", "\"red\", \"gold\"", "doesn't fit its 4 classes")]
    [InlineData("\"resize\": \"mlnet-crop\"", "\"resize\": \"other\"", "description is damaged")]
    [InlineData("\"resize\": \"mlnet-crop\"", "\"resize\": 3", "description is damaged")]
    [InlineData("\"labels\": [", "\"labels\": 3, \"x\": [", "description is damaged")]
    [InlineData("{", "", "description is damaged")]
    public void Impossible_description_is_refused(string old, string replacement, string reason) => Refuses(
        Rewrite(s_model.Value, (name, bytes) =>
        {
            if (name != Description)
            {
                return bytes;
            }

            string text = Encoding.UTF8.GetString(bytes);
            int at = text.IndexOf(old, StringComparison.Ordinal);
            Assert.True(at >= 0, text);
            return Encoding.UTF8.GetBytes(text[..at] + replacement + text[(at + old.Length)..]);
        }), reason);

    [Fact]
    public void Head_of_another_kind_is_refused()
    {
        (ClassifierDescription description, LinearHead head, _) = ClassifierFile.Read(Write(s_model.Value));
        float[] withNaN = [.. head.Weights];
        withNaN[3] = float.NaN;
        int[] shape = [head.Classes, head.Dimension];

        RefusesHead("NaN", ModelTensor.FromFloat32("head.weight", shape, withNaN), ModelTensor.FromFloat32("head.bias", [3], head.Biases));
        RefusesHead("doesn't fit", ModelTensor.FromFloat32("head.weight", shape, head.Weights));
        RefusesHead("doesn't fit", ModelTensor.FromFloat32("head.weight", [head.Dimension, head.Classes], head.Weights), ModelTensor.FromFloat32("head.bias", [3], head.Biases));
        RefusesHead("doesn't fit", ModelTensor.FromFloat32("head.weight", shape, head.Weights).ConvertTo(TensorType.Float16), ModelTensor.FromFloat32("head.bias", [3], head.Biases));
        RefusesHead("don't fit each other", ModelTensor.FromFloat32("head.weight", [3, 2], new float[6]), ModelTensor.FromFloat32("head.bias", [3], head.Biases));
        Assert.Equal(3, description.Labels.Count);

        void RefusesHead(string reason, params ModelTensor[] tensors)
        {
            using var content = new MemoryStream();
            SafetensorsWriter.Write(content, tensors, type: null, new Dictionary<string, string>(), TestContext.Current.CancellationToken);
            Refuses(Rewrite(s_model.Value, (name, bytes) => name == Head ? content.ToArray() : bytes), reason);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Graph_of_another_kind_is_refused(bool isLarge)
    {
        byte[] whole = (isLarge ? s_largeModel : s_model).Value;
        using var floats = new MemoryStream();
        using var other = new MemoryStream();
        VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny);
        OnnxModelWriter.Write(model, floats, new OnnxExportOptions { Input = OnnxInput.Normalized });
        using VggModel without = RandomModels.CreateTrainable(RandomModels.Tiny with { IncludeTop = false, InputSize = 64 });
        OnnxModelWriter.Write(without, other, new OnnxExportOptions { Outputs = [new("features", FeatureExtractor.DefaultLayer(without))] });

        RefusesGraph(floats.ToArray(), "its graph");
        RefusesGraph(other.ToArray(), "its graph");
        RefusesGraph([1, 2, 3], "its graph");
        RefusesGraph([], "its graph");
        Refuses(Rewrite(whole, (name, bytes) => name.EndsWith("OnnxModel", StringComparison.Ordinal) ? [1, 0] : bytes), "another length than it says");

        void RefusesGraph(byte[] graph, string reason) =>
            Refuses(Rewrite(whole, (name, bytes) => name.EndsWith("OnnxModel", StringComparison.Ordinal) ? [.. BitConverter.GetBytes(graph.Length), .. graph] : bytes), reason);
    }

    [Fact]
    public void Entry_that_claims_more_than_it_can_hold_is_refused_before_it_is_read()
    {
        byte[] bomb = Rewrite(s_model.Value, (name, bytes) => name == Description ? new byte[65 << 20] : bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuses(bomb, "claims");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Wrong_paths_give_the_standard_exceptions()
    {
        Assert.Throws<FileNotFoundException>(() => ImageClassifier.Load(_folder.File("missing.zip")));
        Assert.Contains("is a folder", Assert.Throws<InvalidModelFileException>(() => ImageClassifier.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageClassifier.Load(Write(s_model.Value), batchSize: 0));
    }

    /// <summary>Weights are used where they lie, which compressed ones can't be; other tools may pack the archive anew.</summary>
    [Fact]
    public void Graph_is_stored_as_it_is_and_a_compressed_one_predicts_the_same()
    {
        byte[] picture = VggTransfer.Tests.Images.SampleImages.Png(20, 20);
        using var archive = new ZipArchive(new MemoryStream(s_model.Value));
        ZipArchiveEntry graph = archive.Entries.Single(entry => entry.Name == "OnnxModel");
        using var stored = ImageClassifier.Load(Write(s_model.Value), threads: 1);
        using var compressed = ImageClassifier.Load(Write(Rewrite(s_model.Value, (_, bytes) => bytes)), threads: 1);

        Assert.Equal(graph.Length, graph.CompressedLength);
        Assert.Equal(stored.Classify(picture).Classes, compressed.Classify(picture).Classes);
    }

    [Fact]
    public void Flipped_bits_in_the_weights_are_refused()
    {
        byte[] model = s_model.Value;
        byte[] graph = ClassifierFile.Read(Write(model)).Graph;
        int position = model.AsSpan().IndexOf(graph);
        var random = new Random(4);
        for (int i = 0; i < 30; i++)
        {
            byte[] mutated = [.. model];
            mutated[position + random.Next(graph.Length)] ^= (byte)(1 << random.Next(8));
            Refuses(mutated, "checksum differs");
        }
    }

    [Fact]
    public void Another_model_under_the_same_name_gives_its_own_predictions()
    {
        byte[] picture = VggTransfer.Tests.Images.SampleImages.Png(20, 20);
        using var first = ImageClassifier.Load(Write(s_model.Value), threads: 1);
        ImagePrediction before = first.Classify(picture);
        byte[] other = Rewrite(s_model.Value, (name, bytes) => name.EndsWith("OnnxModel", StringComparison.Ordinal) ? Swap(bytes) : bytes);

        using var second = ImageClassifier.Load(Write(other), threads: 1);

        Assert.NotEqual(before.Classes, second.Classify(picture).Classes);
        Assert.Equal(before.Classes, first.Classify(picture).Classes);

        // Weights of the first kernel change places: a graph of the very same length.
        static byte[] Swap(byte[] graph)
        {
            Span<byte> kernel = graph.AsSpan(graph.AsSpan().LastIndexOf("features.0.weight"u8) + 32, 160);
            byte[] half = kernel[..80].ToArray();
            kernel[80..].CopyTo(kernel);
            half.CopyTo(kernel[80..]);
            return graph;
        }
    }

    private void Refuses(byte[] content, string reason = "")
    {
        string path = Write(content);
        InvalidModelFileException exception = Assert.Throws<InvalidModelFileException>(() => ImageClassifier.Load(path, threads: 1));
        Assert.Equal(path, exception.Path);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private string Write(byte[] content)
    {
        string path = _folder.File("model.zip");
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>The same archive with entries changed, or left out where null is returned.</summary>
    private static byte[] Rewrite(byte[] zip, Func<string, byte[], byte[]?> change)
    {
        using var target = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(zip)))
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (Stream stream = entry.Open())
                {
                    stream.CopyTo(content);
                }

                if (change(entry.FullName, content.ToArray()) is { } changed)
                {
                    using Stream stream = archive.CreateEntry(entry.FullName, CompressionLevel.Fastest).Open();
                    stream.Write(changed);
                }
            }
        }

        return target.ToArray();
    }
}
