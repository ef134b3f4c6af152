using VggTransfer.PretrainedModels;

namespace VggTransfer.Tests.PretrainedModels;

public sealed class ProgressMeterTests
{
    [Fact]
    public void Rate_and_time_left_follow_from_the_bytes_of_this_connection()
    {
        var clock = new Clock();
        var progress = new RecordedProgress();
        var meter = new ProgressMeter("x", progress, clock);
        meter.StartDownload(1000);
        clock.Advance(2);

        meter.Report(PretrainedStage.Downloading, 1200, 2000);

        Assert.Equal(new PretrainedProgress("x", PretrainedStage.Downloading, 1200, 2000, 100, TimeSpan.FromSeconds(8)), Assert.Single(progress.Reports));
    }

    [Fact]
    public void Rate_forgets_the_past()
    {
        var clock = new Clock();
        var progress = new RecordedProgress();
        var meter = new ProgressMeter("x", progress, clock);
        meter.StartDownload(0);
        long bytes = 0;
        for (int second = 0; second < 60; second++)
        {
            clock.Advance(1);
            bytes += second < 10 ? 1_000_000 : 10;
            meter.Report(PretrainedStage.Downloading, bytes, null);
        }

        Assert.Equal(1_000_000, progress.Reports[9].BytesPerSecond!.Value, 1e-3);
        Assert.InRange(progress.Reports[^1].BytesPerSecond!.Value, 10, 100);
        Assert.Null(progress.Reports[^1].Remaining);
    }

    [Fact]
    public void Reports_come_at_most_ten_times_a_second_but_for_the_last()
    {
        var clock = new Clock();
        var progress = new RecordedProgress();
        var meter = new ProgressMeter("x", progress, clock);
        meter.StartDownload(0);
        for (int i = 0; i < 100; i++)
        {
            clock.Advance(0.01);
            meter.Report(PretrainedStage.Downloading, i, 99);
        }

        Assert.InRange(progress.Reports.Count, 9, 11);
        meter.Finish(PretrainedStage.Downloading, 99, 99);
        Assert.Equal(99, progress.Reports[^1].Bytes);
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1_000_000;

        public void Advance(double seconds) => _now += (long)(seconds * TimestampFrequency);

        public override long GetTimestamp() => _now;
    }
}
