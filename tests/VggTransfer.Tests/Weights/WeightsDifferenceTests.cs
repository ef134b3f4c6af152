using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Weights;

/// <summary>Oracle: changes that the tests make themselves.</summary>
public sealed class WeightsDifferenceTests
{
    private static readonly VggArchitecture s_tiny = RandomModels.Tiny;

    [Fact]
    public void Equal_numbers_in_another_storage_type_are_identical()
    {
        using VggModel half = RandomModels.Create(s_tiny, TensorType.Float16);
        using VggModel single = half.ConvertTo(TensorType.Float32);

        WeightsDifference difference = WeightsDifference.Between(half, single, TestContext.Current.CancellationToken);

        Assert.True(difference.IsIdentical);
        Assert.Equal((0.0, 0.0), (difference.Absolute, difference.Relative));
        Assert.Equal(s_tiny.ParameterCount, difference.Layers.Sum(layer => layer.Values));
    }

    [Fact]
    public void One_changed_weight_is_found_in_its_layer()
    {
        using VggModel model = RandomModels.Create(s_tiny);
        float[] values = model.Tensors["features.3.bias"].ToSingles();
        values[1] += 2;
        double magnitude = Math.Max(values.Max(Math.Abs), model.Tensors["features.3.bias"].ToSingles().Max(Math.Abs));
        var changed = new VggModel(s_tiny, model.Tensors.Values.Select(tensor => tensor.Name == "features.3.bias" ? ModelTensor.FromFloat32(tensor.Name, tensor.Shape, values) : tensor));

        WeightsDifference difference = WeightsDifference.Between(model, changed, TestContext.Current.CancellationToken);

        LayerDifference layer = Assert.Single(difference.Layers, item => !item.IsIdentical);
        Assert.Equal(("block2_conv1", LayerStatus.Compared, 1L), (layer.Layer, layer.Status, layer.Different));
        Assert.Equal(2, layer.Absolute, 1e-6);
        Assert.Equal(2 / magnitude, layer.Relative, 1e-6);
        Assert.Equal(layer.Absolute, difference.Absolute);
    }

    [Fact]
    public void Layers_that_one_network_lacks_are_named()
    {
        using VggModel whole = RandomModels.Create(s_tiny);
        VggArchitecture convolutions = s_tiny with { IncludeTop = false };
        using var part = new VggModel(convolutions, convolutions.Tensors.Select(tensor => whole.Tensors[tensor.Name]));

        WeightsDifference difference = WeightsDifference.Between(part, whole, TestContext.Current.CancellationToken);

        Assert.False(difference.IsIdentical);
        Assert.Equal(0, difference.Absolute);
        Assert.Equal(["fc1", "fc2", "predictions"], difference.Layers.Where(layer => layer.Status == LayerStatus.OnlyInSecond).Select(layer => layer.Layer));
        Assert.All(WeightsDifference.Between(whole, part, TestContext.Current.CancellationToken).Layers.TakeLast(3), layer => Assert.Equal(LayerStatus.OnlyInFirst, layer.Status));
    }

    [Fact]
    public void Layers_of_other_shapes_are_not_compared()
    {
        using VggModel three = RandomModels.Create(s_tiny);
        using VggModel four = RandomModels.Create(s_tiny with { Classes = 4 });

        Assert.Equal(LayerStatus.OtherShape, WeightsDifference.Between(three, four, TestContext.Current.CancellationToken).Layers[^1].Status);
    }

    [Fact]
    public void Features_of_an_image_agree_for_equal_weights_and_differ_for_others()
    {
        using var folder = new TemporaryFolder();
        string image = folder.AddClass("a", count: 1, colour: 0)[0];
        VggArchitecture architecture = s_tiny with { WidthMultiplier = 0.125, DenseUnits = 64 };
        using VggModel model = RandomModels.CreateTrainable(architecture, PreprocessingFamily.Torchvision);
        using VggModel otherWay = new(architecture, model.Tensors.Values) { Preprocessing = PreprocessingFamily.KerasCaffe };

        FeatureComparison same = FeatureComparison.Between(new VggBackbone(model), new VggBackbone(model), image);
        FeatureComparison other = FeatureComparison.Between(new VggBackbone(model), new VggBackbone(otherWay), image);

        Assert.Equal(("fc7", 32, 0.0), (same.Layer.ToString(), same.InputSize, same.Absolute));
        Assert.True(other.Relative > 0.1, "pixels of another scale give features of another scale");
    }

    [Fact]
    public void Statistics_are_those_of_the_numbers()
    {
        TensorStatistics statistics = TensorStatistics.Of(ModelTensor.FromFloat32("x", [4], [-1, 2, 3, 8]));

        Assert.Equal((-1.0, 8.0, 3.0), (statistics.Minimum, statistics.Maximum, statistics.Mean));
        Assert.Equal(Math.Sqrt(42 / 4.0), statistics.StandardDeviation, 1e-12);
    }

    [Fact]
    public void Statistics_of_many_pieces_are_those_of_the_whole()
    {
        float[] values = [.. Enumerable.Range(0, 600_000).Select(i => (float)i)];

        TensorStatistics statistics = TensorStatistics.Of(ModelTensor.FromFloat32("x", [600_000], values));

        // The mean and variance of 0 to n-1 in closed form.
        Assert.Equal(299_999.5, statistics.Mean, 1e-6);
        Assert.Equal(Math.Sqrt(((600_000.0 * 600_000.0) - 1) / 12), statistics.StandardDeviation, 1e-3);
    }
}
