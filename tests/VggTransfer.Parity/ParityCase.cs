namespace VggTransfer.Parity;

/// <summary>One comparison.</summary>
/// <param name="Name">What was compared: the file, and the key of the golden.</param>
/// <param name="Passed">Whether it lies within its tolerance.</param>
/// <param name="Detail">The worst difference, or what differs.</param>
public sealed record ParityCase(string Name, bool Passed, string Detail);
