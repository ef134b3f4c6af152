using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Weights;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>Oracle: what Keras 3.15 and tf_keras 2.21 computed with the files that they wrote (shared/goldens/weights).</summary>
public sealed class KerasGoldenTests
{
    [Theory]
    [InlineData("keras3", "vgg16.functional.weights.h5")]
    [InlineData("keras3", "vgg16.functional.h5")]
    [InlineData("keras3", "vgg16.notop.h5")]
    [InlineData("keras3", "notebook.weights.h5")]
    [InlineData("keras3", "notebook.h5")]
    [InlineData("keras3", "nested.weights.h5")]
    [InlineData("keras3", "nested.h5")]
    [InlineData("keras3", "vgg11.bfloat16.weights.h5")]
    [InlineData("tf_keras", "vgg16.functional.weights_only.h5")]
    [InlineData("tf_keras", "vgg16.functional.full.h5")]
    [InlineData("tf_keras", "vgg16.notop_avg.full.h5")]
    [InlineData("tf_keras", "notebook.weights_only.h5")]
    [InlineData("tf_keras", "vgg16_bn.weights_only.h5")]
    [InlineData("tf_keras", "nested.weights_only.h5")]
    [InlineData("tf_keras", "nested.full.h5")]
    [InlineData("tf_keras", "nested_partly_frozen.weights_only.h5")]
    [InlineData("tf_keras", "nested_partly_frozen.full.h5")]
    [InlineData("tf_keras", "vgg11.bfloat16.full.h5")]
    public void Hdf5_file_gives_the_features_that_its_writer_computed(string folder, string file)
    {
        string path = SharedData.Require($"goldens/weights/{folder}/{file}");
        Assert.True(new KerasH5Format().LooksLike(File.ReadAllBytes(path).AsSpan(0, 16), path));

        using WeightsContent content = KerasH5ModelReader.Read(path);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', content.Notes));
        Assert.Equal(WeightsFormat.KerasH5, content.Format);
        Assert.Null(content.Model.Preprocessing);
        GoldenWeights.AssertMatches($"{folder}/{file}", content.Model);
    }

    [Theory]
    [InlineData("vgg16.functional.keras")]
    [InlineData("vgg16_bn.keras")]
    [InlineData("nested.keras")]
    [InlineData("vgg11.mixed_float16.keras")]
    public void Archive_gives_the_features_that_its_writer_computed(string file)
    {
        string path = SharedData.Require($"goldens/weights/keras3/{file}");
        Assert.True(new KerasArchiveFormat().LooksLike(File.ReadAllBytes(path).AsSpan(0, 16), path));

        using WeightsContent content = KerasArchiveReader.Read(path);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', content.Notes));
        Assert.Equal(WeightsFormat.Keras, content.Format);
        Assert.Null(content.Model.Preprocessing);
        GoldenWeights.AssertMatches($"keras3/{file}", content.Model);
    }

    // Oracle: the reasons in broken/expected.json, in our words.
    [Theory]
    [InlineData("empty.h5", "it is empty")]
    [InlineData("html.h5", "it is a web page, not HDF5, so its download failed; fetch it again")]
    [InlineData("truncated.h5", "it should have 38,688 bytes and has 19,344; it is cut off, so fetch it again")]
    [InlineData("missing_group.h5", "it lists the layer 'block3_conv1', and there is no group of that name; the file is damaged")]
    [InlineData("external_link.h5", null)]
    [InlineData("huge_dataset.h5", null)]
    public void Broken_golden_file_is_refused(string file, string? reason)
    {
        string path = SharedData.Require($"goldens/weights/broken/{file}");

        var exception = Assert.Throws<InvalidModelFileException>(() => KerasH5ModelReader.Read(path));

        TestContext.Current.TestOutputHelper?.WriteLine(exception.Message);
        Assert.Equal(path, exception.Path);
        Assert.Equal(reason ?? exception.Reason, exception.Reason);
    }

    [Fact]
    public void Archive_with_a_member_outside_is_refused()
    {
        string path = SharedData.Require("goldens/weights/broken/traversal.keras");

        Assert.Equal(
            "its member '../model.weights.h5' would lie outside the archive, and Keras writes none such; don't trust this file",
            Assert.Throws<InvalidModelFileException>(() => KerasArchiveReader.Read(path)).Reason);
    }
}
