using VggTransfer.Models;
using VggTransfer.Parity;
using VggTransfer.Parity.Features;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Features;

/// <summary>Oracle: tf_keras 2.21 with Oxford's weights, in shared/goldens/features. <c>VggTransfer.Parity features</c> checks all its photos.</summary>
public sealed class FeatureParityTests
{
    /// <summary>Each photo takes three passes through the full VGG16.</summary>
    private const int Photos = 4;

    [Fact]
    public void Backbone_that_comes_with_the_library_gives_the_features_of_Keras() => Check(weights: null);

    [Fact]
    public void Single_precision_weights_give_the_features_of_Keras() => Check(SharedData.Require("data/vgg16-imagenet-conv.safetensors"));

    [Fact]
    public void Wrong_preprocessing_is_noticed()
    {
        string goldens = SharedData.Require("goldens/features");
        using VggModel model = FeatureParity.OpenModel(null);
        var wrong = new VggModel(model.Architecture, model.Tensors.Values) { Preprocessing = PreprocessingFamily.Torchvision };

        IReadOnlyList<ParityCase> cases = FeatureParity.Check(goldens, wrong, largestCount: 1);

        Assert.All(cases, c => Assert.Equal(c.Name.EndsWith(" input", StringComparison.Ordinal), c.Passed));
    }

    private static void Check(string? weights)
    {
        string goldens = SharedData.Require("goldens/features");
        using VggModel model = FeatureParity.OpenModel(weights);

        IReadOnlyList<ParityCase> cases = FeatureParity.Check(goldens, model, largestCount: Photos);

        Assert.True(cases.Count >= Photos * 3 * 3, $"{cases.Count} comparisons");
        Assert.Empty(cases.Where(c => !c.Passed).Select(c => $"{c.Name} {c.Detail}"));
    }
}
