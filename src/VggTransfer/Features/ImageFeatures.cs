namespace VggTransfer.Features;

/// <summary>What became of one image of many.</summary>
/// <param name="Name">The file's path, or what else the image was called.</param>
/// <param name="Values">The features; null if the image couldn't be read.</param>
/// <param name="Error">Why it couldn't be read: an <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>, whose message is a whole sentence; otherwise null.</param>
public sealed record ImageFeatures(string Name, float[]? Values, Exception? Error);
