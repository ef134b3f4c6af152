using System.Globalization;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Engine;

namespace VggTransfer.Tests.FineTuning;

[Collection(SerialEngine.Name)]
public sealed class FineTuningBudgetTests : IDisposable
{
    private readonly FineTuningFixture _fixture = new(images: 10);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_wish_that_fits_stays_as_it_is()
    {
        using FineTunedImageClassifier trained = _fixture.Train(FineTuningFixture.Options with { TimeBudget = TimeSpan.FromHours(1) });
        using FineTunedImageClassifier expected = _fixture.Train(FineTuningFixture.Options);
        Assert.Equal(expected.Stages, trained.Stages);
        Assert.Equal(FineTuningFixture.Bits(expected), FineTuningFixture.Bits(trained));
        Assert.Empty(trained.Warnings);
    }

    [Fact]
    public void A_wish_for_days_ends_in_seconds_with_what_is_best_so_far()
    {
        var clock = new WorkTime(ofStep: 0.1, ofPicture: size => 0.005, ofImage: 0.1);
        using FineTunedImageClassifier trained = _fixture.Train(
            FineTuningFixture.Options with { Epochs = 100_000, TimeBudget = TimeSpan.FromSeconds(8), FreezeUntil = "none", InputSize = 64, Time = clock }, clock);
        Assert.InRange(clock.Seconds, 2, 8);
        Assert.True(trained.Stages.Sum(stage => stage.Epochs) < 100_000);
        Assert.Contains(trained.Warnings, warning => warning.Contains("The time budget of 00:00:08 ", StringComparison.Ordinal));
        Assert.True(trained.Validation.Accuracy >= trained.Frozen!.Accuracy - 1e-9);
    }

    [Fact]
    public void A_plan_that_was_made_is_kept_when_the_work_goes_on()
    {
        string workspace = _fixture.File("workspace");
        var clock = new WorkTime(ofStep: 0.1, ofPicture: size => 0.05, ofImage: 0.1);
        FineTuningOptions options = FineTuningFixture.Options with { Epochs = 100_000, TimeBudget = TimeSpan.FromSeconds(60), WorkspacePath = workspace, Time = clock };
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fixture.TrainUntil(options, new OnProgress(report =>
        {
            clock.Report(report);
            if (report.Epoch is not null)
            {
                cancellation.Cancel();
            }
        }), cancellation.Token));
        IReadOnlyList<FineTuningStage> stages;
        using (var opened = FineTuningWorkspace.Open(workspace))
        {
            stages = opened.ReadPlan()!.Stages;
        }

        using FineTunedImageClassifier resumed = _fixture.Train(options, clock);
        Assert.Equal(stages, resumed.Stages);
    }

    [Fact]
    public void A_machine_that_is_slower_than_measured_ends_in_time_with_fewer_epochs()
    {
        // A training step takes a tick while it is measured, and a second later.
        var clock = new WorkTime(ofStep: 1, ofPicture: size => 0.05, ofImage: 0.1);
        using FineTunedImageClassifier trained = Train(clock, FineTuningFixture.Options with { Epochs = 100, TimeBudget = TimeSpan.FromSeconds(120) });
        Assert.InRange(clock.Seconds, 30, 120);
        Assert.InRange(trained.Epochs.Count, 1, 20);
        Assert.Contains(trained.Warnings, warning => warning.Contains("The time budget", StringComparison.Ordinal));
    }

    [Fact]
    public void An_input_that_is_too_slow_gives_way_to_a_smaller_one()
    {
        // 168 pictures at 96 pixels would take 126 seconds.
        var clock = new WorkTime(ofStep: 1, ofPicture: size => 0.75 * size * size / (96 * 96), ofImage: 0.1);
        using FineTunedImageClassifier trained = Train(clock, FineTuningFixture.Options with { InputSize = 96, TimeBudget = TimeSpan.FromSeconds(120) });
        Assert.InRange(clock.Seconds, 30, 120);
        Assert.InRange(Assert.Single(trained.Stages).InputSize, 32, 64);
        Assert.Equal(trained.Stages[0].InputSize, trained.Description.InputSize);
        Assert.Contains(trained.Warnings, warning => warning.Contains("The time budget of 00:02:00 allows ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_budget_too_short_for_the_head_alone_is_called_so_in_one_sentence_and_gives_the_head()
    {
        var clock = new WorkTime(ofStep: 1, ofPicture: size => 1, ofImage: 1);
        using FineTunedImageClassifier trained = Train(clock, FineTuningFixture.Options with { TimeBudget = TimeSpan.FromSeconds(0.05) });
        string warning = Assert.Single(trained.Warnings);
        Assert.Matches(@"^The time budget of 00:00:00\.0500000 isn't enough here: the first head alone, input size 32, takes about \d+ s more\.$", warning);
        Assert.Empty(trained.Epochs);
        Assert.Equal(0, trained.BestEpoch);
        Assert.Equal(0, trained.Stages.Single().Epochs);

        // What its classes look like follows from as few images as it takes.
        Assert.True(trained.TellsUnknown);
        Assert.Equal(50 + 48, clock.Images);
    }

    /// <summary>On 72 images, judged by 48 others.</summary>
    private static FineTunedImageClassifier Train(WorkTime clock, FineTuningOptions options)
    {
        using var many = new FineTuningFixture(images: 40);
        return ImageClassifierFineTuner.Train(many.Training, options with { Time = clock, ValidationFraction = 0.4 }, clock, TestContext.Current.CancellationToken);
    }

    /// <summary>Time that passes by reports of work alone, and a tick whenever somebody looks.</summary>
    private sealed class WorkTime(double ofStep, Func<int, double> ofPicture, double ofImage) : TimeProvider, IProgress<FineTuningProgress>
    {
        private const double Tick = 0.01;

        private int _pictures;

        public double Seconds { get; private set; }

        /// <summary>Images that were looked at to learn what the classes look like.</summary>
        public int Images { get; private set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp()
        {
            Seconds += Tick;
            return (long)(Seconds * TimestampFrequency);
        }

        public void Report(FineTuningProgress value)
        {
            switch (value.Phase)
            {
                case FineTuningPhase.ComputingFrozenLayers when value.Decision is null:
                    int size = int.Parse(value.Note.Split(", ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
                    Seconds += Math.Max(0, value.Done - _pictures) * ofPicture(size);
                    _pictures = value.Done;
                    break;
                case FineTuningPhase.Training when value.Epoch is null:
                    Seconds += ofStep;
                    break;
                case FineTuningPhase.Evaluating when value.Note.Length > 0:
                    Seconds += ofImage;
                    Images++;
                    break;
                default:
                    break;
            }
        }
    }
}
