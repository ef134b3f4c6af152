using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Engine;

namespace VggTransfer.Tests.FineTuning;

/// <summary>The oracle is the same fine-tuning without interruption: every bit of weights and figures must be its.</summary>
[Collection(SerialEngine.Name)]
public sealed class FineTuningResumeTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("cached")]
    [InlineData("computed")]
    [InlineData("averages")]
    [InlineData("several maps")]
    [InlineData("compared sizes")]
    public void A_fine_tuning_that_is_cancelled_anywhere_and_begun_again_ends_as_if_it_had_not_been(string kind)
    {
        FineTuningOptions options = FineTuningFixture.Options with { GradualUnfreezing = true, Epochs = 4 };
        options = kind switch
        {
            "cached" => options,
            "several maps" => options with { Layer = FeatureLayer.Parse("block3_pool:avg+block4_pool:max+block5_pool:avg"), FreezeUntil = "block4_conv2" },
            "compared sizes" => options with { InputSize = null, GradualUnfreezing = false, Epochs = 1 },
            "computed" => options with { Augmentation = PhotoAugmentation.Photo },
            _ => options with { Averaging = WeightAveraging.Exponential, EmaMomentum = 0.7, StartingPointPenalty = 0.01, EarlyStopping = 1 },
        };
        int reports = 0;
        using FineTunedImageClassifier expected = _fixture.Train(options, new OnProgress(_ => Interlocked.Increment(ref reports)));
        Assert.True(reports > 20, $"{reports} reports");
        for (int at = 1; at < reports; at += 5)
        {
            string workspace = _fixture.File($"workspace-{at}");
            int count = 0;
            using var cancellation = new CancellationTokenSource();
            try
            {
                using FineTunedImageClassifier early = _fixture.TrainUntil(
                    options with { WorkspacePath = workspace },
                    new OnProgress(_ =>
                    {
                        if (Interlocked.Increment(ref count) == at)
                        {
                            cancellation.Cancel();
                        }
                    }),
                    cancellation.Token);
            }
            catch (OperationCanceledException)
            {
                // As it must be.
            }

            string? told = null;
            using FineTunedImageClassifier resumed = _fixture.Train(
                options with { WorkspacePath = workspace }, new OnProgress(report => told = report.Epochs is { } epochs ? FineTuningFixture.Figures(epochs) : told));
            Assert.True(told is null || told == FineTuningFixture.Figures(expected), "Whoever resumes is told the epochs before, too.");
            Assert.Equal(FineTuningFixture.Figures(expected), FineTuningFixture.Figures(resumed));
            Assert.Equal(FineTuningFixture.Bits(expected), FineTuningFixture.Bits(resumed));
            Assert.Equal(expected.Validation.LogLoss, resumed.Validation.LogLoss);
            Assert.Equal(expected.BestEpoch, resumed.BestEpoch);
            Directory.Delete(workspace, recursive: true);
        }
    }

    [Fact]
    public void Another_fine_tuning_is_refused_in_a_workspace_by_what_differs()
    {
        FineTuningOptions options = FineTuningFixture.Options with { WorkspacePath = _fixture.File("workspace"), Epochs = 1 };
        _fixture.Train(options).Dispose();
        IOException exception = Assert.Throws<IOException>(() => _fixture.Train(options with { LearningRate = 0.5 }));
        Assert.Contains("LearningRate was 0.01 and is 0.5", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            "the network's weights",
            Assert.Throws<IOException>(() => _fixture.Train(options with { Backbone = Fixtures.RandomModels.CreateTrainable(FineTuningFixture.Plain.Architecture, seed: 9) })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_workspace_is_one_processs()
    {
        FineTuningOptions options = FineTuningFixture.Options with { WorkspacePath = _fixture.File("workspace"), Epochs = 1 };
        using (FineTuningWorkspace.Open(options.WorkspacePath))
        {
            Assert.Contains("Another process", Assert.Throws<IOException>(() => _fixture.Train(options)).Message, StringComparison.Ordinal);
        }

        _fixture.Train(options).Dispose();
    }
}
