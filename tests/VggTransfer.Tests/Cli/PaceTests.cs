using VggTransfer.Cli;

namespace VggTransfer.Tests.Cli;

public class PaceTests
{
    [Fact]
    public void What_is_done_keeps_its_speed_while_others_go_on()
    {
        var pace = new Pace("Decoding images", "images");
        pace.Update(0, 10);
        Thread.Sleep(20);
        pace.Update(10, 10);
        string then = pace.ToString();
        Assert.StartsWith("10/10 images, ", then, StringComparison.Ordinal);
        Thread.Sleep(60);
        Assert.Equal(then, pace.ToString());
    }

    [Fact]
    public void Time_left_runs_down_between_two_reports()
    {
        var pace = new Pace("Training", "steps");
        pace.Update(0, 2);
        Thread.Sleep(1500);
        pace.Update(1, 2);
        string speed = pace.ToString()[..pace.ToString().LastIndexOf(',')];
        TimeSpan Left() => TimeSpan.Parse("0:0" + pace.ToString().Split(", ")[^1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        TimeSpan before = Left();
        Thread.Sleep(1100);
        Assert.StartsWith(speed, pace.ToString(), StringComparison.Ordinal);
        Assert.True(Left() < before, $"{Left()} after {before}");
    }
}
