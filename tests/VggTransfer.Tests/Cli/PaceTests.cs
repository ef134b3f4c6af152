using Microsoft.Extensions.Time.Testing;
using VggTransfer.Cli;

namespace VggTransfer.Tests.Cli;

public class PaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void What_is_done_keeps_its_speed_while_others_go_on()
    {
        var pace = new Pace("Decoding images", "images", _time);
        pace.Update(0, 10);
        _time.Advance(TimeSpan.FromSeconds(2));
        pace.Update(10, 10);
        Assert.Equal("10/10 images, 5.0 images/s", pace.ToString());
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("10/10 images, 5.0 images/s", pace.ToString());
    }

    [Fact]
    public void Time_left_runs_down_between_two_reports()
    {
        var pace = new Pace("Training", "steps", _time);
        pace.Update(0, 2);
        _time.Advance(TimeSpan.FromSeconds(5));
        pace.Update(1, 2);
        Assert.Equal("1/2 steps, 0.2 steps/s, 0:05 left", pace.ToString());
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("1/2 steps, 0.2 steps/s, 0:02 left", pace.ToString());
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("1/2 steps, 0.2 steps/s, 0:00 left", pace.ToString());
    }
}
