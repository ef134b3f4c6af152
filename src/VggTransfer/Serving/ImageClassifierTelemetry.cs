namespace VggTransfer.Serving;

/// <summary>The names under which classifiers report to <c>System.Diagnostics</c>, for OpenTelemetry and the like.</summary>
public static class ImageClassifierTelemetry
{
    /// <summary>The name of the <c>Meter</c>; its instruments are listed in docs/serving.md.</summary>
    public const string MeterName = "VggTransfer.Classification";

    /// <summary>The name of the <c>ActivitySource</c>: one activity for each image.</summary>
    public const string ActivitySourceName = "VggTransfer.Classification";
}
