using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace VggTransfer.Serving;

/// <summary>What is measured. Costs next to nothing while nobody listens.</summary>
internal static class ClassifierTelemetry
{
    private static readonly Meter s_meter = new(ImageClassifierTelemetry.MeterName, typeof(ClassifierTelemetry).Assembly.GetName().Version?.ToString(3));

    public static readonly ActivitySource Activities = new(ImageClassifierTelemetry.ActivitySourceName);

    /// <summary>Seconds, with <c>error.type</c> where it failed; the histogram's count is the number of calls.</summary>
    public static readonly Histogram<double> Duration = s_meter.CreateHistogram<double>(
        "vggtransfer.classify.duration", "s", "Time of one classification, waiting included.");

    public static readonly UpDownCounter<int> UnderWay = s_meter.CreateUpDownCounter<int>(
        "vggtransfer.classify.active", "{classification}", "Classifications under way.");

    public static readonly Counter<long> Unknown = s_meter.CreateCounter<long>(
        "vggtransfer.classify.unknown", "{image}", "Images that are none of the classes.");

    public static readonly Histogram<int> BatchSize = s_meter.CreateHistogram<int>(
        "vggtransfer.batch.size", "{image}", "Images in one run of the network.");

    public static readonly Counter<long> Reloads = s_meter.CreateCounter<long>(
        "vggtransfer.model.reloads", "{reload}", "Model files taken in place of older ones, or, with error.type, refused.");

    public const string ErrorType = "error.type";
}
