using VggTransfer.Keras.Callbacks;
using VggTransfer.Parity.Keras;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>The oracle is tf_keras 2.21's Progbar (tf_keras/utils/generic_utils.py), read by hand; whole runs are in the goldens.</summary>
public class ProgbarTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _shown = [];

    [Theory]
    [InlineData(1, 60, "ETA: 59s")]
    [InlineData(1, 100, "ETA: 1:39")]
    [InlineData(1, 3601, "ETA: 60:00")]
    [InlineData(1, 3602, "ETA: 1:00:01")]
    [InlineData(10, 1000, "ETA: 2:46:30")]
    [InlineData(0.5, 2, "ETA: 0s")]
    public void The_time_left_is_shown_in_seconds_minutes_or_hours(double seconds, int steps, string expected)
    {
        Progbar bar = Create(steps);
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        bar.Update(1, [], finalize: false);
        Assert.Contains($" - {expected}", _shown.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "5s 1s/step")]
    [InlineData(0.5, "0s 100ms/step")]
    [InlineData(0.0005, "0s 100us/step")]
    [InlineData(0, "0s 0s/step")]
    public void The_time_of_a_step_is_shown_in_the_unit_that_fits(double seconds, string expected)
    {
        Progbar bar = Create(5);
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        bar.Update(5, [], finalize: true);
        Assert.EndsWith($"] - {expected}\n", _shown.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_step_does_not_count_in_the_time_of_a_step()
    {
        Progbar bar = Create(3);
        _clock.Advance(TimeSpan.FromSeconds(10));
        bar.Update(1, [], finalize: false);
        _clock.Advance(TimeSpan.FromSeconds(1));
        bar.Update(2, [], finalize: false);
        Assert.Contains("ETA: 1s", _shown[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Updates_come_at_most_every_twentieth_of_a_second_but_the_last_one_always()
    {
        Progbar bar = Create(10);
        for (int step = 1; step <= 10; step++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(20));
            bar.Update(step, [], finalize: false);
        }

        Assert.Equal(["\r 1/10", "\r 4/10", "\r 7/10", "\r10/10"], _shown.Select(text => text.TrimStart('\b')[..6]));
        bar.Update(10, [], finalize: true);
        Assert.Equal(5, _shown.Count);
    }

    [Fact]
    public void A_shorter_line_is_padded_over_the_longer_one_before()
    {
        Progbar bar = Create(100);
        _clock.Advance(TimeSpan.FromSeconds(100));
        bar.Update(1, [], finalize: false);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        bar.Update(2, [], finalize: false);
        int first = _shown[0].Length - 1;
        Assert.StartsWith(new string('\b', first) + "\r  2/100", _shown[1], StringComparison.Ordinal);
        Assert.Equal(first, _shown[1].Length - first - 1);
    }

    [Fact]
    public void Small_figures_have_an_exponent_and_the_single_line_shows_negative_ones_so_too()
    {
        KeyValuePair<string, double>[] figures = [new("loss", 0.001), new("gain", -0.5)];
        Create(1).Update(1, figures, finalize: true);
        Assert.EndsWith("loss: 1.0000e-03 - gain: -0.5000\n", _shown[0], StringComparison.Ordinal);
        Create(1, Verbosity.OneLine).Update(1, figures, finalize: true);
        Assert.Contains("loss: 1.0000e-03 - gain: -5.0000e-01 - ", _shown[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_that_are_no_means_already_are_averaged_over_the_steps()
    {
        Progbar bar = Create(4);
        bar.Update(1, [new("loss", 1), new("own", 1)], finalize: false);
        bar.Update(4, [new("loss", 2), new("own", 3)], finalize: true);
        Assert.Contains("loss: 2.0000 - own: 2.5000", _shown[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_lines_can_not_be_overwritten_each_update_is_a_line()
    {
        var bar = new Progbar(2, Verbosity.ProgressBar, _ => true, _shown.Add, _clock, overwrites: false);
        bar.Update(1, [], finalize: false);
        Assert.StartsWith("\n1/2 [===", _shown.Single(), StringComparison.Ordinal);
        Assert.DoesNotContain('\b', _shown.Single());
    }

    private Progbar Create(int target, Verbosity verbose = Verbosity.ProgressBar) => new(target, verbose, name => name == "loss", _shown.Add, _clock, overwrites: true);
}
