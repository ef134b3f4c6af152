using VggTransfer.Architectures;

namespace VggTransfer.Tests.Features;

public sealed class FeatureLayerTests
{
    [Theory]
    [InlineData("fc6")]
    [InlineData("fc7")]
    [InlineData("logits")]
    [InlineData("probabilities")]
    [InlineData("block5_pool")]
    [InlineData("block1_conv2:max")]
    [InlineData("block4_pool:avg+block5_pool:avg+block5_pool:max")]
    [InlineData("block5_pool:l2+block5_pool:avg:l2+block5_pool:avg:hellinger+fc7:hellinger")]
    public void Written_form_comes_back(string text)
    {
        FeatureLayer layer = VggFeatureLayers.Parse(text);

        Assert.Equal(text, layer.ToString());
        Assert.Equal(layer, FeatureLayer.Parse(layer.ToString()));
        Assert.Equal(layer.GetHashCode(), FeatureLayer.Parse(text).GetHashCode());
    }

    /// <summary>What another network calls its layers is its own affair, Keras's names for a VGG's among them.</summary>
    [Theory]
    [InlineData("fc2")]
    [InlineData("pool5")]
    [InlineData("model.layer4.1/Relu_output_0:avg+embedding:max:l2")]
    public void Names_of_other_networks_stay_as_they_are(string text) => Assert.Equal(text, FeatureLayer.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("colour+")]
    [InlineData(":avg")]
    [InlineData("colour:mean")]
    [InlineData("colour:avg:max")]
    [InlineData("colour:l2:avg")]
    [InlineData("colour:l2:l2")]
    [InlineData(":hellinger")]
    [InlineData("colour+colour")]
    public void Texts_that_name_no_layers_are_refused(string text) =>
        Assert.Contains("is no feature layer: ", Assert.Throws<FormatException>(() => FeatureLayer.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("fc2", "fc7")]
    [InlineData("predictions", "probabilities")]
    public void A_VGG_has_layers_of_these_names_too(string text, string canonical)
    {
        VggArchitecture architecture = new();

        Assert.Equal(VggFeatureLayers.Locate(new FeatureSource(canonical), architecture).Name, VggFeatureLayers.Locate(new FeatureSource(text), architecture).Name);
        Assert.Throws<FeatureLayerNotFoundException>(() => FeatureLayer.Parse($"{text}:avg").Dimension(architecture));
    }

    [Theory]
    [InlineData("fc1", "fc6")]
    [InlineData("fc2", "fc7")]
    [InlineData("predictions", "probabilities")]
    [InlineData(" block4_pool:avg + fc7 ", "block4_pool:avg+fc7")]
    public void Names_of_Keras_and_blanks_are_understood(string text, string canonical) =>
        Assert.Equal(canonical, VggFeatureLayers.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("fc7+")]
    [InlineData("fc8")]
    [InlineData("FC7")]
    [InlineData("pool5")]
    [InlineData("fc7:avg")]
    [InlineData("block5_pool:mean")]
    [InlineData("block5_pool:")]
    [InlineData("block5_pool:avg:max")]
    [InlineData("fc7+fc7")]
    [InlineData("fc7+fc2")]
    [InlineData("fc7:hellinger+fc2:hellinger")]
    [InlineData("block5_pool:hellinger:avg")]
    public void Other_texts_are_refused_in_one_sentence(string text)
    {
        FormatException exception = Assert.Throws<FormatException>(() => VggFeatureLayers.Parse(text));

        Assert.Contains("is no feature layer: ", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_no_text() => Assert.Throws<ArgumentNullException>(() => VggFeatureLayers.Parse(null!));

    [Theory]
    [InlineData("fc7", 4096)]
    [InlineData("probabilities", 1000)]
    [InlineData("block5_pool", 25_088)]
    [InlineData("block5_pool:avg", 512)]
    [InlineData("block4_pool:avg+block5_pool:avg+block5_pool:max", 1536)]
    [InlineData("block5_pool:avg+block5_pool:avg:hellinger", 1024)]
    public void Dimensions_of_VGG16_are_those_of_the_literature(string text, int dimension) =>
        Assert.Equal(dimension, FeatureLayer.Parse(text).Dimension(new VggArchitecture()));

    [Theory]
    [InlineData("fc7", "fc7")]
    [InlineData("block5_pool:avg:hellinger", "block5_pool (avg, hellinger)")]
    [InlineData("block4_pool:avg:l2+block4_pool:max:l2+block5_pool:avg:l2+block5_pool:max:l2", "block4_pool, block5_pool (avg, max, l2)")]
    [InlineData("block4_pool:avg+block5_pool:avg+block5_pool:max+fc7", "block4_pool (avg) + block5_pool (avg, max) + fc7")]
    public void The_short_form_names_each_map_once(string text, string expected) => Assert.Equal(expected, FeatureLayer.Parse(text).Describe());

    [Fact]
    public void Order_of_the_places_counts() =>
        Assert.NotEqual(FeatureLayer.Parse("fc6+fc7"), FeatureLayer.Parse("fc7+fc6"));
}
