using System.IO.Compression;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Quantization;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.PretrainedModels;

public sealed class PretrainedBackbonesTests
{
    [Fact]
    public void Default_backbone_lies_beside_the_application_with_its_licence()
    {
        Assert.Equal(["vgg16-cifar10", "vgg16-imagenet-conv"], PretrainedBackbones.Names);
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(PretrainedBackbones.Path())!, "LICENSE-vgg16-imagenet-conv")));
    }

    [Fact]
    public void Default_backbone_is_VGG16_without_top_and_says_how_to_feed_it()
    {
        using VggModel model = PretrainedBackbones.Open();

        Assert.Equal(new VggArchitecture { IncludeTop = false }, model.Architecture);
        Assert.Equal(PreprocessingFamily.KerasCaffe, model.Preprocessing);
        Assert.Equal("CC-BY-4.0", model.Provenance.Licence);
        Assert.Equal("http://www.robots.ox.ac.uk/~vgg/research/very_deep/", model.Provenance.Source);

        // Oracle: Keras's published file, rounded to half precision.
        Assert.Equal((float)(Half)0.42947057f, model.Tensors["features.0.weight"].ToSingles()[0]);
    }

    // Oracle: the convolutions in single precision.
    [Fact]
    public void Weights_are_the_published_ones_rounded_to_the_nearest_half()
    {
        using VggModel exact = SafetensorsModelReader.Read(SharedData.Require("data/vgg16-imagenet-conv.safetensors"));
        using VggModel shipped = PretrainedBackbones.Open();

        foreach ((string name, ModelTensor tensor) in exact.Tensors)
        {
            Assert.True(tensor.ConvertTo(TensorType.Float16).Data.Span.SequenceEqual(shipped.Tensors[name].Data.Span), name);
        }
    }

    [Theory]
    [InlineData("vgg16-imagenet-conv", 13)]
    [InlineData("vgg16-cifar10", 15)]
    public void Backbones_know_how_far_their_activations_reach(string name, int layers)
    {
        using VggModel model = PretrainedBackbones.Open(name);

        Assert.Equal(
            model.Architecture.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution || (layer.Kind == VggLayerKind.Dense && layer.HasReLU)).Select(layer => layer.Name).Order(StringComparer.Ordinal),
            model.ActivationRanges!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(layers, model.ActivationRanges.Count);
        Assert.All(model.ActivationRanges.Values, range => Assert.True(range.Minimum == 0 && range.Maximum > 0));
    }

    /// <summary>Oracle: the photos of the data folder, which the ranges come from in part; the model card has figures of held-out ones.</summary>
    [Fact]
    public void The_default_backbones_ranges_keep_its_features()
    {
        using var folder = new TemporaryFolder();
        ZipFile.ExtractToDirectory(SharedData.Require("data/imagenet-photos-100.zip"), folder.Path);
        string[] photos = [.. Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, i) => i % 20 == 0)];
        using VggModel model = PretrainedBackbones.Open();

        FeatureSimilarity similarity = ModelQuantizer.Compare(model, photos, new QuantizationOptions { InputSize = 160 }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(5, similarity.Images);
        Assert.InRange(similarity.MeanCosine, 0.9995, 1);
        Assert.InRange(similarity.LeastCosine, 0.998, 1);
    }

    [Fact]
    public void Small_backbone_has_its_dense_part_and_gives_fc7_features()
    {
        using VggModel model = PretrainedBackbones.Open("vgg16-cifar10");
        using var extractor = new FeatureExtractor(model);

        Assert.Equal(new VggArchitecture { BatchNorm = true, BatchNormEpsilon = 1e-3, WidthMultiplier = 0.375, InputSize = 32, Classes = 10, DenseUnits = 256, Dropout = 0.3 }, model.Architecture);
        Assert.Equal(2_194_754, model.Architecture.ParameterCount);
        Assert.Equal(FeatureLayer.Fc7, extractor.Layer);
        Assert.Equal(256, extractor.Extract(new RgbImage(32, 32, new byte[32 * 32 * 3])).Length);
    }

    // The model card states the accuracy on all 10,000; 1,000 of them have a standard error of 0.011.
    [Fact]
    public void Small_backbone_knows_the_test_images_of_CIFAR_10()
    {
        using var archive = ZipFile.OpenRead(SharedData.Require("data/cifar10-test.zip"));
        using VggModel model = PretrainedBackbones.Open("vgg16-cifar10");
        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = FeatureLayer.Parse("logits") });

        int[] right =
        [
            .. archive.Entries.Where(entry => entry.Name.Length > 0).Where((_, i) => i % 10 == 0).Select(entry =>
            {
                using var content = new MemoryStream();
                using (Stream stream = entry.Open())
                {
                    stream.CopyTo(content);
                }

                float[] logits = extractor.Extract(content.ToArray(), entry.FullName);
                return entry.FullName.Split('/').Contains(model.Labels![logits.AsSpan().IndexOf(logits.Max())]) ? 1 : 0;
            }),
        ];

        Assert.Equal(1000, right.Length);
        Assert.InRange(right.Average(), 0.85, 1);
    }

    [Fact]
    public void Missing_backbone_says_which_file_goes_where()
    {
        var exception = Assert.Throws<FileNotFoundException>(() => PretrainedBackbones.Open("vgg19-imagenet"));

        Assert.Equal(
            $"The pretrained backbone 'vgg19-imagenet' isn't there: copy 'vgg19-imagenet.safetensors' from the project's folder 'pretrained' to '{Path.Combine(AppContext.BaseDirectory, "pretrained", "vgg19-imagenet.safetensors")}'. Found there: vgg16-cifar10, vgg16-imagenet-conv.",
            exception.Message);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("..\\secret")]
    [InlineData("C:secret")]
    public void Name_cant_be_a_path(string name) => Assert.Throws<ArgumentException>(() => PretrainedBackbones.Path(name));
}
