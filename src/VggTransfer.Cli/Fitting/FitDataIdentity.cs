namespace VggTransfer.Cli;

/// <summary>Which images a training has.</summary>
/// <param name="Classes">The names of the classes.</param>
/// <param name="TrainingImages">How many images are trained on.</param>
/// <param name="ValidationImages">How many are validated on.</param>
/// <param name="Digest">A hash of their names and sizes.</param>
internal sealed record FitDataIdentity(IReadOnlyList<string> Classes, int TrainingImages, int ValidationImages, string Digest);
