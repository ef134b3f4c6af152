using System.IO.Compression;
using System.Text;
using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>Archives of Keras 3.15 (shared/goldens/weights/keras3) with another configuration, and hostile ones.</summary>
public sealed class KerasArchiveTests
{
    // The weights fit in each case; only the configuration tells that the network computes something else.
    [Theory]
    [InlineData("vgg16.functional", "\"MaxPooling2D\"", "\"AveragePooling2D\"", "layer 'block1_pool' stands among the convolutions, and a VGG has no such layer there")]
    [InlineData("vgg16.functional", "\"pool_size\": [2, 2]", "\"pool_size\": [3, 3]", "pool 'block1_pool' isn't 2x2 with stride 2, and a VGG's are")]
    [InlineData("vgg16.functional", "\"strides\": [1, 1]", "\"strides\": [2, 2]", "convolution 'block1_conv1' has a stride, and a VGG's have none")]
    [InlineData("vgg16.functional", "\"dilation_rate\": [1, 1]", "\"dilation_rate\": [2, 2]", "convolution 'block1_conv1' is dilated or grouped, and a VGG's aren't")]
    [InlineData("vgg16.functional", "\"padding\": \"same\"", "\"padding\": \"valid\"", "convolution 'block1_conv1' has the padding 'valid', and a VGG's keep the map's size")]
    [InlineData("vgg16.functional", "\"activation\": \"relu\"", "\"activation\": \"elu\"", "convolution 'block1_conv1' has the activation 'elu', and a VGG's have ReLU")]
    [InlineData("vgg16.functional", "\"activation\": \"relu\"", "\"activation\": \"linear\"", "no activation comes before layer 'block1_conv2', and a VGG has ReLU behind each convolution")]
    [InlineData("vgg16.functional", "\"keras_history\": [\"block1_conv1\", 0, 0]", "\"keras_history\": [\"block1_conv2\", 0, 0]", "layer 'block1_conv2' takes more than the output of the layer before it, and a VGG is a plain chain")]
    [InlineData("vgg16_bn", "\"epsilon\": 0.001", "\"epsilon\": 2", "its batch norm's epsilon is 2, and must be above 0 and at most 1")]
    [InlineData("vgg16_bn", "\"scale\": true", "\"scale\": false", null)]
    public void Network_that_computes_something_else_is_refused(string name, string text, string replacement, string? reason)
    {
        using var folder = new TemporaryFolder();
        string path = WithConfig(folder, name, config => config.Replace(text, replacement, StringComparison.Ordinal));

        var exception = Assert.Throws<InvalidModelFileException>(() => KerasArchiveReader.Read(path));

        Assert.Equal(reason ?? exception.Reason, exception.Reason);
    }

    [Theory]
    [InlineData("\"activation\": \"relu\"", "\"activation\": \"tanh\"", "layer 'fc1' has the activation 'tanh' instead of ReLU")]
    [InlineData("\"Flatten\"", "\"GlobalAveragePooling2D\"", "the global pool 'flatten' comes before its dense layers")]
    public void Head_that_computes_something_else_is_left_out_and_reported(string text, string replacement, string reason)
    {
        using var folder = new TemporaryFolder();
        string path = WithConfig(folder, "vgg16.functional", config =>
        {
            int head = config.IndexOf("\"Flatten\"", StringComparison.Ordinal);
            return config[..head] + config[head..].Replace(text, replacement, StringComparison.Ordinal);
        });

        using WeightsContent content = KerasArchiveReader.Read(path);

        Assert.False(content.Model.Architecture.IncludeTop);
        Assert.EndsWith($"was left out, because {reason}.", Assert.Single(content.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(95, true)]
    [InlineData(96, false)]
    [InlineData(63, false)]
    public void Configured_input_size_is_kept_where_it_gives_the_map_that_the_dense_layers_take(int size, bool fits)
    {
        using var folder = new TemporaryFolder();
        string path = WithConfig(folder, "vgg16.functional", config => config.Replace("\"batch_shape\": [null, 64, 64, 3]", $"\"batch_shape\": [null, {size}, {size}, 3]", StringComparison.Ordinal));

        using WeightsContent content = KerasArchiveReader.Read(path);

        Assert.Equal(fits, content.Model.Architecture.IncludeTop);
        Assert.Equal(size, content.Model.Architecture.InputSize);
    }

    [Fact]
    public void Rescaling_before_the_convolutions_is_reported()
    {
        using var folder = new TemporaryFolder();
        string path = WithConfig(folder, "notebook", _ => null);
        Assert.Equal("it has neither", Reason(path)[..14]);

        path = WithConfig(folder, "nested", config => config.Replace("{\"module\": \"keras.layers\", \"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": [null, 64, 64, 3], \"dtype\": \"float32\", \"sparse\": false, \"ragged\": false, \"name\": \"input_layer_5\", \"optional\": false}, \"registered_name\": null}", "{\"class_name\": \"Rescaling\", \"config\": {\"name\": \"rescaling\", \"scale\": 0.01}}", StringComparison.Ordinal));
        using WeightsContent content = KerasArchiveReader.Read(path);
        Assert.Contains("What comes before the first convolution ('rescaling') was left out; if it changes pixels, they must be prepared in the same way.", content.Notes);
    }

    [Fact]
    public void Configuration_nested_100_000_deep_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = WithConfig(folder, "vgg16.functional", _ => new string('[', 100_000) + new string(']', 100_000));

        Assert.Equal("its model configuration isn't sound JSON, or is nested more than 128 levels deep; the file is damaged", Reason(path));
    }

    [Fact]
    public void Zip_bomb_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("bomb.keras");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            Write(archive, "config.json", "{}"u8.ToArray());
            using Stream member = archive.CreateEntry("model.weights.h5", CompressionLevel.Fastest).Open();
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 100; i++)
            {
                member.Write(zeros);
            }
        }

        Assert.StartsWith("its member 'model.weights.h5' unpacks to more than ", Reason(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../evil", "would lie outside the archive")]
    [InlineData("/etc/evil", "would lie outside the archive")]
    [InlineData("a\\..\\..\\evil", "would lie outside the archive")]
    [InlineData("C:evil", "would lie outside the archive")]
    [InlineData("model.weights.h5", "2 times")]
    public void Archive_with_odd_members_is_refused(string member, string reason)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("m.keras");
        File.Copy(SharedData.Require("goldens/weights/keras3/vgg16.functional.keras"), path);
        File.SetAttributes(path, FileAttributes.Normal);
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            Write(archive, member, [1]);
        }

        Assert.Contains(reason, Reason(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Archive_without_weights_or_cut_off_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(SharedData.Require("goldens/weights/keras3/vgg16.functional.keras"));
        File.WriteAllBytes(folder.File("half.keras"), whole[..(whole.Length / 2)]);
        using (ZipArchive archive = ZipFile.Open(folder.File("none.keras"), ZipArchiveMode.Create))
        {
            Write(archive, "config.json", "{}"u8.ToArray());
        }

        Assert.Equal("its zip archive is damaged or cut off; fetch it again", Reason(folder.File("half.keras")));
        Assert.True(new KerasArchiveFormat().LooksLike("PK\x03\x04"u8, folder.File("half.keras")));
        Assert.Equal("its zip archive has no member 'model.weights.h5', so it isn't Keras's or is damaged", Reason(folder.File("none.keras")));
        Assert.Throws<FileNotFoundException>(() => KerasArchiveReader.Read(folder.File("absent.keras")));
    }

    private static string Reason(string path) => Assert.Throws<InvalidModelFileException>(() => KerasArchiveReader.Read(path)).Reason;

    /// <summary>A copy of a golden archive whose configuration is changed; with null, an archive whose weights are no HDF5 of Keras.</summary>
    private static string WithConfig(TemporaryFolder folder, string name, Func<string, string?> change)
    {
        string source = SharedData.Require($"goldens/weights/keras3/{(name == "notebook" ? "vgg16.functional" : name)}.keras");
        string path = folder.File($"{name}.keras");
        using ZipArchive from = ZipFile.OpenRead(source);
        using ZipArchive to = ZipFile.Open(path, ZipArchiveMode.Create);
        using var reader = new StreamReader(from.GetEntry("config.json")!.Open());
        string config = reader.ReadToEnd();
        string? changed = change(config);
        Assert.NotEqual(config, changed);
        Write(to, "config.json", Encoding.UTF8.GetBytes(changed ?? config));
        using var weights = new MemoryStream();
        using (Stream member = from.GetEntry("model.weights.h5")!.Open())
        {
            member.CopyTo(weights);
        }

        byte[] bytes = weights.ToArray();
        if (changed is null)
        {
            // No group is named 'vars' any more.
            for (int i = bytes.AsSpan().IndexOf("vars"u8); i >= 0; i = bytes.AsSpan().IndexOf("vars"u8))
            {
                bytes[i] = (byte)'w';
            }
        }

        Write(to, "model.weights.h5", bytes);
        return path;
    }

    private static void Write(ZipArchive archive, string name, byte[] content)
    {
        using Stream member = archive.CreateEntry(name).Open();
        member.Write(content);
    }
}
