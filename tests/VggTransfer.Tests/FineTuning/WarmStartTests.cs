using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Engine;

namespace VggTransfer.Tests.FineTuning;

[Collection(SerialEngine.Name)]
public sealed class WarmStartTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new();
    private readonly FineTuningFixture _more = new(classes: 4);
    private readonly FineTuningFixture _fewer = new(classes: 2);

    public void Dispose()
    {
        _fixture.Dispose();
        _more.Dispose();
        _fewer.Dispose();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("batch norm")]
    [InlineData("whole")]
    public void The_same_classes_go_on_with_network_and_head(string network)
    {
        FineTuningOptions options = network switch
        {
            "plain" => FineTuningFixture.Options,
            "batch norm" => FineTuningFixture.Options with { Backbone = FineTuningFixture.BatchNorm },
            _ => FineTuningFixture.Options with { Backbone = FineTuningFixture.Whole, Head = FineTuningHead.Dense, InputSize = null },
        };
        string path = Save(options, out ClassificationMetrics before);
        using FineTunedImageClassifier continued = _fixture.Train(options with { Backbone = null, ContinueFrom = path, InputSize = null, Epochs = 1 });

        // Epoch 0 is the classifier as it was saved.
        Assert.Equal(before.LogLoss, continued.Frozen!.LogLoss, tolerance: 1e-4);
        Assert.Contains("with its head", continued.Description.FineTuning!.Start, StringComparison.Ordinal);
        Assert.Equal(options.InputSize ?? 64, continued.Description.InputSize);
    }

    [Fact]
    public void Other_classes_get_a_head_of_their_own_on_the_same_network()
    {
        string path = Save(FineTuningFixture.Options, out _);
        FineTuningOptions options = FineTuningFixture.Options with { Backbone = null, ContinueFrom = path, Epochs = 1, FreezeUntil = "head" };
        using FineTunedImageClassifier more = _more.Train(options);
        Assert.Equal(4, more.Description.Labels.Count);
        Assert.Contains("without the class 'gold'", more.Description.FineTuning!.Start, StringComparison.Ordinal);
        using FineTunedImageClassifier fewer = _fewer.Train(options);
        Assert.Equal(2, fewer.Description.Labels.Count);
        Assert.Contains("with the class 'blue'", fewer.Description.FineTuning!.Start, StringComparison.Ordinal);
    }

    [Fact]
    public void A_classifier_whose_head_works_on_several_maps_goes_on_with_that_head_on_them()
    {
        string path = Frozen("block4_pool:avg+block5_pool:avg+block5_pool:max", out ClassificationMetrics before);
        FineTuningOptions options = FineTuningFixture.Options with { Backbone = null, ContinueFrom = path, Epochs = 1 };
        using FineTunedImageClassifier continued = _fixture.Train(options);
        Assert.Equal("block4_pool:avg+block5_pool:avg+block5_pool:max", continued.Description.Layer.ToString());
        Assert.Contains("with its head", continued.Description.FineTuning!.Start, StringComparison.Ordinal);
        Assert.Equal(before.LogLoss, continued.Frozen!.LogLoss, tolerance: 1e-4);

        using FineTunedImageClassifier more = _more.Train(options);
        Assert.Equal("block4_pool:avg+block5_pool:avg+block5_pool:max", more.Description.Layer.ToString());
        Assert.Contains("without the class 'gold'", more.Description.FineTuning!.Start, StringComparison.Ordinal);
    }

    [Fact]
    public void A_classifier_whose_network_ends_early_is_refused_in_a_sentence()
    {
        FineTuningOptions options = FineTuningFixture.Options with { Backbone = null, ContinueFrom = Frozen("block4_pool:avg+block4_pool:max", out _) };
        Assert.Contains("its network ends at block4_pool (avg, max), where its head stands", Assert.Throws<InvalidModelFileException>(() => _fixture.Train(options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block5_pool", null)]
    [InlineData("block4_pool:avg+block5_pool:avg", "block5_pool:avg")]
    public void A_classifier_whose_head_works_on_something_else_gives_its_network(string before, string? wished)
    {
        string path = Frozen(before, out _);
        FeatureLayer? layer = wished is null ? null : FeatureLayer.Parse(wished);
        using FineTunedImageClassifier continued = _fixture.Train(FineTuningFixture.Options with { Backbone = null, ContinueFrom = path, Epochs = 1, Layer = layer });
        Assert.Contains($"whose head works on {FeatureLayer.Parse(before).Describe()},", continued.Description.FineTuning!.Start, StringComparison.Ordinal);
        using FineTunedImageClassifier direct = _fixture.Train(FineTuningFixture.Options with { Epochs = 1, Layer = layer });
        Assert.Equal(direct.Description.Layer, continued.Description.Layer);
        Assert.Equal(direct.Frozen!.LogLoss, continued.Frozen!.LogLoss, tolerance: 1e-4);
    }

    [Fact]
    public void A_head_follows_the_order_of_the_classes_now()
    {
        string path = Save(FineTuningFixture.Options, out ClassificationMetrics before);
        ImageFolder folder = _fixture.Training;
        var reversed = ImageFolder.Of(folder.Path, [.. folder.Classes.Reverse()], folder.Images);
        using FineTunedImageClassifier continued = _fixture.Train(reversed, FineTuningFixture.Options with { Backbone = null, ContinueFrom = path, Epochs = 1 });
        Assert.Equal(folder.Classes.Reverse(), continued.Description.Labels);
        Assert.Equal(before.LogLoss, continued.Frozen!.LogLoss, tolerance: 1e-4);
    }

    [Fact]
    public void What_cannot_be_gone_on_with_is_refused_in_a_sentence()
    {
        string path = _fixture.File("model.zip");
        File.WriteAllText(path, "no zip");
        Assert.Throws<InvalidModelFileException>(() => _fixture.Train(FineTuningFixture.Options with { Backbone = null, ContinueFrom = path }));
        Assert.Throws<ArgumentException>(() => _fixture.Train(FineTuningFixture.Options with { ContinueFrom = path }));
    }

    private string Frozen(string layer, out ClassificationMetrics metrics)
    {
        string path = _fixture.File("frozen.zip");
        using TrainedImageClassifier frozen = ImageClassifierTrainer.Train(_fixture.Training, new ImageClassifierTrainerOptions
        {
            Backbone = new VggBackbone(FineTuningFixture.Plain),
            InputSize = 32,
            Layer = FeatureLayer.Parse(layer),
            L2Regularization = 100,
            Threads = 1,
            Validation = _fixture.Validation,
        }, cancellationToken: TestContext.Current.CancellationToken);
        frozen.Save(path);
        metrics = frozen.Validation;
        return path;
    }

    private string Save(FineTuningOptions options, out ClassificationMetrics metrics)
    {
        string path = _fixture.File("first.zip");
        using FineTunedImageClassifier first = _fixture.Train(options);
        first.Save(path);
        metrics = first.Validation;
        return path;
    }
}
