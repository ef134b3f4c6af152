namespace VggTransfer.Features;

/// <summary>An image that was left out.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">Why, as a whole sentence.</param>
public sealed record SkippedImage(string Path, string Reason);
