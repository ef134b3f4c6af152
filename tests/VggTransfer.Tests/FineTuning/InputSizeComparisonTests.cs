using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.FeatureCaching;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Engine;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.FineTuning;

/// <summary>The oracle for the choice is <see cref="ImageClassifierTrainer"/>; for what is trained then, the same fine-tuning at a size that was given.</summary>
[Collection(SerialEngine.Name)]
public sealed class InputSizeComparisonTests : IDisposable
{
    // The pictures' sides are below 48 pixels.
    private static readonly int[] s_sizes = [128, 96];

    private readonly FineTuningFixture _fixture = new();

    private static FineTuningOptions Options { get; } = FineTuningFixture.Options with { InputSize = null, Epochs = 1 };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Sizes_are_compared_as_training_on_frozen_features_does_it()
    {
        using FineTunedImageClassifier tuned = _fixture.Train(Options);
        using TrainedImageClassifier expected = ImageClassifierTrainer.Train(_fixture.Training, new ImageClassifierTrainerOptions
        {
            Backbone = new VggBackbone(FineTuningFixture.Plain),
            Threads = 1,
            Seed = 1,
            Validation = _fixture.Validation,
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(s_sizes, tuned.InputSizeTrials.Select(trial => trial.InputSize));
        Assert.Equal(expected.InputSizeTrials, tuned.InputSizeTrials);
        Assert.Equal(expected.Description.InputSize, tuned.Description.InputSize);
        Assert.Equal(tuned.Description.InputSize, tuned.Stages[^1].InputSize);
    }

    [Fact]
    public void The_size_that_was_chosen_is_kept_and_trains_as_if_it_had_been_given()
    {
        string workspace = _fixture.File("workspace");
        FineTuningOptions options = Options with { WorkspacePath = workspace };
        using (var cancellation = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => _fixture.TrainUntil(options, new OnProgress(report =>
            {
                if (report is { Phase: FineTuningPhase.ComparingInputSizes, Decision: not null })
                {
                    cancellation.Cancel();
                }
            }), cancellation.Token));
        }

        // As if the other one had been better, so that nobody gets away with choosing again.
        int other;
        using (var opened = FineTuningWorkspace.Open(workspace))
        {
            InputSizeChoice choice = opened.ReadInputSize()!;
            Assert.Equal(2, choice.Trials.Count);
            other = s_sizes.Single(size => size != choice.Size);
            opened.WriteInputSize(choice with { Size = other });
        }

        var phases = new HashSet<FineTuningPhase>();
        var decisions = new List<string>();
        using FineTunedImageClassifier resumed = _fixture.Train(options, new OnProgress(report =>
        {
            if (report.Decision is { } decision)
            {
                decisions.Add(decision);
            }
            else
            {
                phases.Add(report.Phase);
            }
        }));
        using FineTunedImageClassifier given = _fixture.Train(Options with { InputSize = other });
        Assert.DoesNotContain(FineTuningPhase.ComparingInputSizes, phases);
        Assert.Contains(decisions, decision => decision.StartsWith("Input size ", StringComparison.Ordinal));
        Assert.Equal(other, resumed.Description.InputSize);
        Assert.Equal(2, resumed.InputSizeTrials.Count);
        Assert.Equal(FineTuningFixture.Figures(given), FineTuningFixture.Figures(resumed));
        Assert.Equal(FineTuningFixture.Bits(given), FineTuningFixture.Bits(resumed));
        Assert.Empty(given.InputSizeTrials);
    }

    [Fact]
    public void A_workspace_of_compared_sizes_is_not_gone_on_with_at_a_size_that_is_given()
    {
        FineTuningOptions options = Options with { WorkspacePath = _fixture.File("workspace") };
        using FineTunedImageClassifier first = _fixture.Train(options);
        IOException exception = Assert.Throws<IOException>(() => _fixture.Train(options with { InputSize = first.Description.InputSize }));
        Assert.Contains("InputSize was the better of 128 and 96", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_budget_that_a_comparison_would_eat_up_leaves_the_likeliest_size()
    {
        var decisions = new List<string>();
        using FineTunedImageClassifier tuned = _fixture.Train(
            Options with { TimeBudget = TimeSpan.FromMilliseconds(20) }, new OnProgress(report => decisions.Add(report.Decision ?? "")));
        Assert.Empty(tuned.InputSizeTrials);
        Assert.Contains("Input size 128, by the size of the images; the time budget is too short to compare it with another.", decisions);
    }

    [Fact]
    public void A_time_budget_with_room_for_it_compares()
    {
        using FineTunedImageClassifier tuned = _fixture.Train(Options with { TimeBudget = TimeSpan.FromHours(1) });
        Assert.Equal(s_sizes, tuned.InputSizeTrials.Select(trial => trial.InputSize));
    }

    [Fact]
    public void A_classifier_that_is_continued_keeps_its_size()
    {
        string path = _fixture.File("first.zip");
        using (FineTunedImageClassifier first = _fixture.Train(FineTuningFixture.Options with { InputSize = 64 }))
        {
            first.Save(path);
        }

        using FineTunedImageClassifier continued = _fixture.Train(Options with { Backbone = null, ContinueFrom = path });
        Assert.Equal(64, continued.Description.InputSize);
        Assert.Empty(continued.InputSizeTrials);
    }

    [Fact]
    public void A_network_with_a_dense_part_lends_its_convolutions_at_either_size()
    {
        using FineTunedImageClassifier tuned = _fixture.Train(Options with { Backbone = FineTuningFixture.Whole });
        Assert.Equal(s_sizes, tuned.InputSizeTrials.Select(trial => trial.InputSize));
    }

    [Fact]
    public void Features_are_kept_where_that_is_asked_for()
    {
        FineTuningOptions options = Options with { FeatureCache = new FeatureCacheOptions { CacheFolder = _fixture.File("cache") } };
        using FineTunedImageClassifier first = _fixture.Train(options);
        string[] files = Directory.GetFiles(_fixture.File("cache"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        using FineTunedImageClassifier second = _fixture.Train(options);
        Assert.Equal(first.InputSizeTrials, second.InputSizeTrials);
        Assert.Equal(FineTuningFixture.Bits(first), FineTuningFixture.Bits(second));
    }

    [Fact]
    public void Only_sizes_that_the_recipe_allows_are_candidates()
    {
        var convolutions = new VggArchitecture { IncludeTop = false };
        string[] paths = [.. _fixture.Judged.Select(image => image.Path)];
        Assert.Equal([128, 96], FineTuningPlan.InputSizes(new FineTuningOptions(), convolutions, paths, before: null));
        Assert.Equal([128], FineTuningPlan.InputSizes(new FineTuningOptions { ProgressiveSizes = [64, 96] }, convolutions, paths, before: null));
        Assert.Equal([128], FineTuningPlan.InputSizes(new FineTuningOptions { Head = FineTuningHead.Dense }, convolutions, paths, before: null));
        Assert.Equal([160], FineTuningPlan.InputSizes(new FineTuningOptions { InputSize = 160 }, convolutions, paths, before: 64));

        // Nothing can be read: photos, as far as one knows; 288 is more than fine-tuning takes by itself.
        Assert.Equal([224, 160], FineTuningPlan.InputSizes(new FineTuningOptions(), convolutions, [], before: null));
        using var photos = new TemporaryFolder();
        Assert.Equal([224], FineTuningPlan.InputSizes(new FineTuningOptions(), convolutions, photos.AddClass("large", 3, 0, side: 400), before: null));
        Assert.True(InputSizeRule.IsWorthTrying(224, 600));
        Assert.False(InputSizeRule.IsWorthTrying(224, 601));
    }
}
